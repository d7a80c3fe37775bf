"""The newest layer: which states of a fix stay possible, and what is remembered of them."""

import numpy as np

from ingest.kernels.compiling import inlined_part
from mapmatch.kernels.layout import UNIT, MatchGraph, Memory
from mapmatch.kernels.trellis import INFINITE, NO_WAY, STATE

TELLS = 1.4
"""Nothing tells two states apart whose costs differ by less. Unit: nat. Source: chosen, four to
one."""


@inlined_part
def note_levels(graph: MatchGraph, mem: Memory, slot: int, record: int) -> None:
    """Note the level of each state of the newest layer, and which cost as much on another one."""
    vehicle, fix = mem.slots[slot], mem.pool[record]
    fix.as_likely = 0
    is_stacked = False
    for n in range(fix.count):
        fix.level[n] = graph.segments[fix.segment[n]].layer
        is_stacked = is_stacked or fix.level[n] != fix.level[0]
    if not is_stacked:
        return
    for n in range(fix.count):
        for m in range(fix.count):
            if fix.level[m] != fix.level[n] and vehicle.score[m] - vehicle.score[n] < TELLS:
                fix.as_likely |= 1 << n


@inlined_part
def keep_likeliest(mem: Memory, count: int) -> int:
    """Write into mem.choice the states within the beam, at most K, the best first; gives how
    many."""
    model = mem.model[0]
    kept = 0
    best = INFINITE
    for k in range(count):
        best = min(best, mem.hypotheses[k].score)
    for k in range(count):
        score = mem.hypotheses[k].score
        if score > best + model.beam:
            continue
        if kept == model.candidate_count:
            if score >= mem.hypotheses[mem.choice[kept - 1]].score:
                continue
            kept -= 1
        at = kept
        while at > 0 and mem.hypotheses[mem.choice[at - 1]].score > score:
            mem.choice[at] = mem.choice[at - 1]
            at -= 1
        mem.choice[at] = k
        kept += 1
    return kept


@inlined_part
def _keep_debts(mem: Memory, slot: int, record: int, kept: int) -> None:
    """Remember how much more each state in mem.choice costs by the settled route, the least 0.

    Where that route reaches none of them it is given up: any of them may follow it.
    """
    vehicle, fix = mem.slots[slot], mem.pool[record]
    least = INFINITE
    for n in range(kept):
        k = mem.choice[n]
        least = min(least, mem.hypotheses[k].route_score - mem.hypotheses[k].score)
    for n in range(kept):
        k = mem.choice[n]
        if least < 0.5 * NO_WAY:
            debt = mem.hypotheses[k].route_score - mem.hypotheses[k].score
            vehicle.debt[n] = min(debt - least, NO_WAY)
        else:
            vehicle.debt[n] = 0.0
            fix.route_back[n] = fix.back[n]


@inlined_part
def _write_states(mem: Memory, slot: int, kept: int) -> None:
    """Overwrite the slot's states with those kept aside, their scores relative to the best."""
    vehicle = mem.slots[slot]
    best = mem.hypotheses[mem.choice[0]].score
    for n in range(kept):
        k = mem.choice[n]
        vehicle.score[n] = mem.hypotheses[k].score - best
        vehicle.segment[n] = mem.kept[n].segment
        vehicle.offset[n] = mem.hypotheses[k].offset
        vehicle.across[n] = mem.kept[n].across
        vehicle.along_x[n] = np.rint(UNIT * mem.kept[n].along_x)
        vehicle.along_y[n] = np.rint(UNIT * mem.kept[n].along_y)
        vehicle.age[n] = mem.kept[n].age
        vehicle.state_x[n] = mem.kept[n].x
        vehicle.state_y[n] = mem.kept[n].y
        vehicle.root[n] = mem.kept[n].root


@inlined_part
def commit_layer(
    mem: Memory,
    slot: int,
    record: int,
    kept: int,
    cand_count: int,
    time: float,
    x: float,
    y: float,
) -> None:
    """Make the first `kept` states of mem.choice the slot's newest layer.

    The pool's record of the fix remembers them too, with their back pointers. Scores are written
    relative to the best.
    """
    vehicle = mem.slots[slot]
    fix = mem.pool[record]
    step = time - vehicle.layer_time
    before = np.int64(vehicle.layer_record)
    is_oldest = before < 0 or mem.pool[before].choice >= 0
    # Frozen states read the old layer, so it is copied aside before it is overwritten.
    for n in range(kept):
        k = mem.choice[n]
        back = mem.hypotheses[k].back
        i = back & STATE
        if k < cand_count:
            mem.kept[n].segment = mem.candidates[k].segment
            mem.kept[n].across = mem.candidates[k].across
            mem.kept[n].along_x = mem.candidates[k].along_x
            mem.kept[n].along_y = mem.candidates[k].along_y
            mem.kept[n].age = 0.0
            mem.kept[n].x = x
            mem.kept[n].y = y
        else:
            mem.kept[n].segment = vehicle.segment[i]
            mem.kept[n].across = vehicle.across[i]
            mem.kept[n].along_x = vehicle.along_x[i] / UNIT
            mem.kept[n].along_y = vehicle.along_y[i] / UNIT
            mem.kept[n].age = vehicle.age[i] + step
            mem.kept[n].x = vehicle.state_x[i]
            mem.kept[n].y = vehicle.state_y[i]
        mem.kept[n].root = n if is_oldest else vehicle.root[i]
        fix.segment[n] = mem.kept[n].segment
        fix.offset[n] = mem.hypotheses[k].offset
        fix.back[n] = back
        fix.route_back[n] = mem.hypotheses[k].route_back
    _keep_debts(mem, slot, record, kept)
    _write_states(mem, slot, kept)
    vehicle.layer_count = kept
    vehicle.layer_time = time
    vehicle.mean_count = 0
    vehicle.off_s = -1.0
    vehicle.layer_x = x
    vehicle.layer_y = y
    fix.count = kept
    fix.choice = -1
    fix.answer = -1
    fix.previous_layer = vehicle.layer_record
    vehicle.layer_record = record
    vehicle.layers += 1
