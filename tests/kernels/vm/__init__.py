"""Virtual machines with the kernels of Debian's releases."""
