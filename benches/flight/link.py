#!/usr/bin/env python3
"""A slow line on one machine: two network namespaces, and a program between them that holds every packet.

    link.py [--rtt 150] [--mbit 9] -- COMMAND...     (root: namespaces and TUN devices need it)

One end is here, the other in a namespace of its own; COMMAND runs here and learns both from its environment (LINK_NAMESPACE,
LINK_HERE, LINK_THERE, LINK_RTT). A server that should be far away is started with `ip netns exec $LINK_NAMESPACE`. Packets that
pass a TUN device are as large as on a wire (no segmentation offload), so the first window, slow start and the clock of
acknowledgements are the kernel's own. In: nothing but Python and iproute2. Removes what it made, whatever happens.
"""
import argparse
import collections
import fcntl
import os
import select
import struct
import subprocess
import sys
import threading
import time

# linux/if_tun.h
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
HERE, THERE = "10.213.7.1", "10.213.7.2"


def run(*command):
    subprocess.run(command, check=True)


def open_tun(name):
    """A network device whose packets are read from and written to this file."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


class Way:
    """One direction: what is read from `source` is written to `target` once it has been on the line for long enough."""

    def __init__(self, source, target, seconds, bits_per_second):
        self.source, self.target, self.seconds, self.rate = source, target, seconds, bits_per_second
        self.under_way = collections.deque()  # (when it arrives, packet)
        self.free = 0.0  # when the sender's end of the line has sent all it was given

    def take(self):
        while True:
            try:
                packet = os.read(self.source, 65536)
            except BlockingIOError:
                return
            self.free = max(time.monotonic(), self.free) + len(packet) * 8 / self.rate
            self.under_way.append((self.free + self.seconds, packet))

    def deliver(self):
        """Hands over what has arrived; says how long until the next packet does."""
        while self.under_way:
            wait = self.under_way[0][0] - time.monotonic()
            if wait > 0:
                return wait
            try:
                os.write(self.target, self.under_way.popleft()[1])
            except OSError:
                pass  # the device is going down; a line may lose packets
        return 0.05


def carry(ways, done):
    while not done.is_set():
        wait = min(way.deliver() for way in ways)
        ready, _, _ = select.select([way.source for way in ways], [], [], wait)
        for way in ways:
            if way.source in ready:
                way.take()


def connect(namespace, near, far):
    run("ip", "address", "add", f"{HERE}/24", "dev", near)
    run("ip", "link", "set", near, "mtu", "1500", "up")
    run("ip", "link", "set", far, "netns", namespace)
    there = ("ip", "-n", namespace)
    run(*there, "address", "add", f"{THERE}/24", "dev", far)
    run(*there, "link", "set", far, "mtu", "1500", "up")
    run(*there, "link", "set", "lo", "up")


def main():
    parser = argparse.ArgumentParser(usage="link.py [--rtt MS] [--mbit N] -- COMMAND...")
    parser.add_argument("--rtt", type=float, default=150, help="milliseconds there and back")
    parser.add_argument("--mbit", type=float, default=9, help="megabits per second, each way")
    parser.add_argument("command", nargs="+")
    asked = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("link.py: network namespaces need root: run it with sudo")
    namespace, near, far = (f"{name}{os.getpid() % 100000}" for name in ("landing", "near", "far"))
    run("ip", "netns", "add", namespace)
    try:
        here, there = open_tun(near), open_tun(far)
        connect(namespace, near, far)
        half, rate, done = asked.rtt / 2000, asked.mbit * 1e6, threading.Event()
        ways = [Way(here, there, half, rate), Way(there, here, half, rate)]
        carrier = threading.Thread(target=carry, args=(ways, done), daemon=True)
        carrier.start()
        facts = {"NAMESPACE": namespace, "HERE": HERE, "THERE": THERE, "RTT": f"{asked.rtt:g}"}
        status = subprocess.call(asked.command, env=os.environ | {f"LINK_{name}": it for name, it in facts.items()})
        done.set()
        carrier.join()
    finally:
        run("ip", "netns", "delete", namespace)
    sys.exit(status)


if __name__ == "__main__":
    main()
