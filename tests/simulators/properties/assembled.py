"""An independent answer: the voxel conduction problem assembled as a matrix, solved directly."""

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import spsolve


def assembled_conductivity(sigma, spacing=(1.0, 1.0, 1.0), *, periodic=False):
    """Return the effective conductivity along axis 0 of a dense array of conductivities."""
    sigma = np.asarray(sigma, float)
    index = np.arange(sigma.size).reshape(sigma.shape)
    flat = sigma.ravel()
    heads, tails, values = [], [], []
    for axis in range(3):
        length = sigma.shape[axis]
        ahead = np.roll(index, -1, axis)
        keep = np.ones(sigma.shape, bool)
        if axis == 0 or not periodic or length == 1:
            np.moveaxis(keep, axis, 0)[-1] = False
        a, b = index[keep], ahead[keep]
        both = (flat[a] > 0) & (flat[b] > 0)
        a, b = a[both], b[both]
        area = np.prod(spacing) / spacing[axis]
        heads.append(a)
        tails.append(b)
        values.append(2 * flat[a] * flat[b] / (flat[a] + flat[b]) * area / spacing[axis])
    a, b, c = np.concatenate(heads), np.concatenate(tails), np.concatenate(values)
    graph = sparse.coo_matrix((np.ones(a.size), (a, b)), shape=(sigma.size,) * 2)
    _, cluster = csgraph.connected_components(graph, directed=False)
    first, last = index[0].ravel(), index[-1].ravel()
    first, last = first[flat[first] > 0], last[flat[last] > 0]
    through = np.intersect1d(cluster[first], cluster[last])
    if through.size == 0:
        return 0.0
    inside = np.isin(cluster, through) & (flat > 0)
    first, last = first[inside[first]], last[inside[last]]
    end = np.prod(spacing) / spacing[0] * 2 / spacing[0]
    load = np.zeros(sigma.size)
    load[first] = end * flat[first]
    diagonal = load.copy()
    diagonal[last] += end * flat[last]
    np.add.at(diagonal, a, c)
    np.add.at(diagonal, b, c)
    matrix = sparse.coo_matrix(
        (
            np.concatenate([-c, -c, diagonal]),
            (np.concatenate([a, b, index.ravel()]), np.concatenate([b, a, index.ravel()])),
        ),
        shape=(sigma.size,) * 2,
    ).tocsr()[inside][:, inside]
    u = np.zeros(sigma.size)
    u[inside] = spsolve(matrix.tocsc(), load[inside])
    current = (load * (1 - u))[first].sum()
    length = spacing[0] * sigma.shape[0]
    cross_section = spacing[1] * spacing[2] * sigma.shape[1] * sigma.shape[2]
    return current * length / cross_section
