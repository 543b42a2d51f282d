"""People: who may do what, and how they prove who they are.

Table of contents; what each part is for stands at its head.
"""

from controller.people.permission import Action, may
from controller.people.person import Method, Person, Role
from controller.people.register import People, open_people
from controller.people.secret import NewToken, TokenRecord

__all__ = [
    "Action",
    "Method",
    "NewToken",
    "People",
    "Person",
    "Role",
    "TokenRecord",
    "may",
    "open_people",
]
