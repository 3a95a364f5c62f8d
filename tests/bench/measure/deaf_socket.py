"""A packet socket whose filter keeps nothing: what every observer by such a socket costs, whatever it does.

Usage: deaf_socket.py INTERFACE     until a signal ends it"""
import ctypes
import signal
import socket
import struct
import sys

ETH_P_ALL = 3  # linux/if_ether.h
SO_ATTACH_FILTER = 26  # asm-generic/socket.h
BPF_RET_K = 0x06  # linux/filter.h

ends = signal.SIGINT, signal.SIGTERM
signal.pthread_sigmask(signal.SIG_BLOCK, ends)
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as deaf:
    keep_nothing = ctypes.create_string_buffer(struct.pack("HBBI", BPF_RET_K, 0, 0, 0))
    deaf.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(keep_nothing)))
    deaf.bind((sys.argv[1], ETH_P_ALL))
    print("listening on", sys.argv[1], file=sys.stderr, flush=True)
    signal.sigwait(ends)
