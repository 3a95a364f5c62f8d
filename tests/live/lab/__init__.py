"""A small laboratory: network namespaces, real servers and clients, and podsnoop watching them."""
from .check import Failure, Skip, equal, true, wait_for
from .lab import Lab, why_unavailable
from .nginx import Nginx
from .raw import RawServer, connect, read_exactly, read_head, reset
from .records import told

__all__ = ["Failure", "Lab", "Nginx", "RawServer", "Skip", "connect", "equal", "read_exactly", "read_head", "reset",
           "told", "true", "wait_for", "why_unavailable"]
