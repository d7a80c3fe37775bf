"""How kernels are compiled: what Python calls as a whole, and the parts of it only into that.

Numba makes of each function that a kernel calls a whole of its own: optimized with all that it
calls, made machine code, given two ways in from Python, and written to disk. A kernel of a hundred
functions, eight deep, is so compiled some eight times over. A part is read, typed and lowered, and
all else is done once, in the kernel.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import numba
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.registry import CPUDispatcher

Function: TypeAlias = Callable[..., Any]


def part(function: Function) -> Any:
    """Make a function a part of the kernels that call it; LLVM decides where it is inlined.

    It counts no references: what it is given outlives the call. Called from Python, as a test does,
    it is compiled once more, with a way in.
    """
    return _part(function)


def inlined_part(function: Function) -> Any:
    """Make a function a part of the kernels that call it, inlined wherever they do."""
    return _part(function, forceinline=True)


def _part(function: Function, **options: Any) -> Any:
    if numba.config.DISABLE_JIT:
        return function
    chosen = {
        "nopython": True, "nogil": True, "_nrt": False, "no_cpython_wrapper": True,
        "no_cfunc_wrapper": True, **options,
    }  # fmt: skip
    return _Part(function, targetoptions=chosen, pipeline_class=_PartCompiler)


class _Part(CPUDispatcher):
    """What Numba has for a compiled function; there is no machine code that Python could call."""

    def add_overload(self, cres: Any) -> None:
        self.overloads[tuple(cres.signature.args)] = cres

    def _compile_for_args(self, *args: Any, **kws: Any) -> Any:
        if not hasattr(self, "_alone"):
            self._alone = numba.njit(cache=True, nogil=True, _nrt=False)(self.py_func)
        return self._alone._compile_for_args(*args, **kws)


class _PartCompiler(Compiler):
    """Numba's compiler, for a function that is only linked into others."""

    def __init__(
        self, typingctx: Any, targetctx: Any, _library: Any, args: Any, return_type: Any,
        flags: Any, names: Any,
    ) -> None:  # fmt: skip
        library = _PartLibrary(targetctx.codegen(), "part")
        super().__init__(typingctx, targetctx, library, args, return_type, flags, names)


class _PartLibrary(JITCodeLibrary):
    """The code of a part: neither optimized as a whole nor made machine code."""

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True

    def get_pointer_to_function(self, _name: str) -> int:
        return 0

    @property
    def codegen(self) -> "_PartLibrary":
        return self

    def set_env(self, _name: str, _env: Any) -> None:
        """Set nothing: the kernel has an environment of its own."""
