"""What runs on the cluster: stage workers, surrogates, acquisition, and the compute process."""
