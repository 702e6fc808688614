"""The rights of the user in the worker's image, for a bench that root runs.

Root's WebRTC puts its threads of sound before all others, and what carries an answer waits for them. The image's user
may not do that (`USER` in agent/Dockerfile), so what is measured as root would be a worker that nobody deploys.
"""

import ctypes
import os
import sys

_CAP_SYS_NICE = 23
_PR_CAPBSET_DROP = 24
_VERSION_3 = 0x20080522


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Data(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def lay_down_real_time() -> None:
    """No thread that this one starts from now on, and no program, may have real-time priority; raises OSError.

    capabilities(7), capset(2), PR_CAPBSET_DROP in prctl(2).
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header, data = _Header(_VERSION_3, 0), (_Data * 2)()
    _check(libc.capget(ctypes.byref(header), data))
    right = 1 << _CAP_SYS_NICE
    if not data[0].permitted & right:
        return
    _check(libc.prctl(_PR_CAPBSET_DROP, _CAP_SYS_NICE, 0, 0, 0))
    data[0].effective &= ~right
    data[0].permitted &= ~right
    data[0].inheritable &= ~right
    _check(libc.capset(ctypes.byref(header), data))


def _check(result: int) -> None:
    if result:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
