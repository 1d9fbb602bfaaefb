"""A decoder server on a kernel that offers less: `python -m tests.media.lesser_kernel LANDLOCK SECCOMP DESCRIPTOR`."""

import sys

from bot.media import confinement, decoder_server

if __name__ == "__main__":
    landlock, seccomp = int(sys.argv[1]), bool(int(sys.argv[2]))
    vars(confinement).update(landlock_version=lambda: landlock, seccomp_offered=lambda: seccomp)
    decoder_server.main(sys.argv)
