"""A hint that one element of an array will soon be read; it changes nothing but time."""

from typing import Any

import numba
from numba.core import cgutils, types
from numba.extending import intrinsic


def _no_hint(array: Any, index: int, byte: int) -> None:
    """Give no hint: what plain Python runs."""


@intrinsic
def _hint(context: Any, array: Any, index: Any, byte: Any) -> Any:  # pragma: no cover
    """Compile to LLVM's prefetch of `byte` bytes into element `index`, for reading, all caches."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = signature.args[0]
        view = context.make_array(kind)(context, builder, arguments[0])
        place = cgutils.get_item_pointer(
            context, builder, kind, view, [arguments[1]], wraparound=False
        )
        ir = cgutils.ir
        i8, i32 = ir.IntType(8), ir.IntType(32)
        place = builder.bitcast(place, i8.as_pointer())
        place = builder.gep(place, [arguments[2]])
        of = ir.FunctionType(ir.VoidType(), [i8.as_pointer(), i32, i32, i32])
        function = cgutils.get_or_insert_function(builder.module, of, "llvm.prefetch.p0")
        builder.call(function, [place, i32(0), i32(3), i32(1)])
        return context.get_dummy_value()

    return types.void(array, types.intp, types.intp), generate


prefetch = _no_hint if numba.config.DISABLE_JIT else _hint
