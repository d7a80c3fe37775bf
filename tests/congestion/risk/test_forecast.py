import numpy as np
import pytest

from congestion.queues.history import QueueHistory
from congestion.risk.forecast import BreakdownForecast, RiskMinute
from congestion.risk.model import read_risk_model, shipped_model
from congestion.risk.record import PRIOR_RATE, BreakdownRecord
from congestion.risk.signs import SLOW_SHARE, PlaceMinute
from mapmatch.network import Network
from tests.drawing import draw

FREE = 50.0 / 3.6
ROAD = draw("A--a->B--b->C--c->D--d->E--e->F--f->G", cell_m=25).network
OTHERS = draw("A--a->B--b->C--c->D--d->E--e->F--f->G--g->H", cell_m=25).network


class Road:
    """The forecast of a road on which named segments drive at some share of the limit."""

    def __init__(self, network: Network = ROAD) -> None:
        self.network = network
        self.forecast = BreakdownForecast(network)
        self.queues = QueueHistory(network)
        self.minute = 0

    def drive(self, known: bool = True, **shares: float) -> RiskMinute:
        """Let a minute pass; segments that are not named drive at 0.8 of the limit."""
        n = self.network.segment_count
        share = np.array([shares.get(name, 0.8) for name in self.network.segment_ids])
        speed, none = share * self.network.free_speed_mps, np.full(n, np.nan)
        queued = np.where(share < 0.2, self.network.length_m, 0.0)
        queues = self.queues.step(
            60.0 * self.minute, speed, self.network.free_speed_mps, queued, none, none
        )
        self.minute += 1
        return self.forecast.step(PlaceMinute(speed, none, none, np.full(n, known), queues))

    def at(self, found: RiskMinute, name: str) -> tuple[float, int]:
        index = self.network.index_of(name)
        assert index is not None
        return float(found.probability[index]), int(found.level[index])


def jam_grows(road: Road) -> list[RiskMinute]:
    """Let a queue grow from f back to d, while c behind it falls to a third."""
    found = [road.drive() for _ in range(10)]
    found += [road.drive(f=0.05) for _ in range(3)]
    found += [road.drive(f=0.05, e=0.05) for _ in range(3)]
    for share in (0.6, 0.45, 0.35):
        found.append(road.drive(f=0.05, e=0.05, d=0.05, c=share))
    return found


def test_a_falling_speed_behind_a_growing_queue_raises_the_level():
    road = Road()
    found = jam_grows(road)
    before, now = road.at(found[9], "c"), road.at(found[-1], "c")
    assert before[1] == 0
    assert now[0] > 10 * before[0]
    assert now[1] >= 1


def test_a_free_road_is_at_no_risk_and_nor_is_the_road_behind_it():
    road = Road()
    for _ in range(20):
        found = road.drive()
    assert (found.level == 0).all()
    assert (found.probability < 0.05).all()
    road = Road()
    found = jam_grows(road)[-1]
    assert road.at(found, "a")[1] == 0


def test_a_place_that_is_slow_already_is_not_about_to_be():
    road = Road()
    found = jam_grows(road)[-1]
    probability, level = road.at(found, "e")
    assert np.isnan(probability)
    assert level == 0


def test_where_nothing_was_ever_known_nothing_is_forecast():
    road = Road()
    found = road.drive(a=np.nan)
    assert np.isnan(road.at(found, "a")[0])
    assert np.isfinite(road.at(found, "b")[0])


def test_a_segment_that_every_red_fills_is_no_place():
    short = draw("A--a->B-b>C--c->D", cell_m=15).network
    road = Road(short)
    assert short.length_m[1] < 75.0
    assert np.isnan(road.at(road.drive(), "b")[0])


def test_a_restored_forecast_goes_on_as_the_one_it_was_taken_from():
    road, heir = Road(), Road()
    jam_grows(road)
    jam_grows(heir)
    fresh = BreakdownForecast(ROAD)
    fresh.restore(road.forecast.snapshot())
    heir.forecast = fresh
    then, now = road.drive(c=0.3), heir.drive(c=0.3)
    assert np.array_equal(then.probability, now.probability, equal_nan=True)


def test_the_state_of_another_network_is_refused_and_changes_nothing():
    road = Road()
    jam_grows(road)
    before = road.forecast.snapshot()
    with pytest.raises(ValueError, match="expected"):
        road.forecast.restore(BreakdownForecast(OTHERS).snapshot())
    assert road.forecast.snapshot() == before


def test_a_place_is_credited_with_the_minutes_before_it_broke_down():
    record = BreakdownRecord(2)
    known = np.ones(2, bool)
    for _ in range(20):
        record.step(np.array([False, False]), known, 15)
    record.step(np.array([True, False]), known, 15)
    # 15 of 20 minutes were followed by a breakdown; memory fades by half in 2,400 minutes
    assert record.warned_minutes[0] == pytest.approx(15.0)
    assert record.free_minutes[0] == pytest.approx(20.0, rel=0.01)
    first, second = record.rate()
    assert first == pytest.approx((15.0 + 60 * PRIOR_RATE) / 80.0, rel=0.01)
    assert second == pytest.approx(60 * PRIOR_RATE / 81.0, rel=0.01)


def test_minutes_of_which_nothing_is_known_are_on_no_record():
    record = BreakdownRecord(1)
    for _ in range(30):
        record.step(np.array([True]), np.array([False]), 15)
    assert record.free_minutes[0] == record.slow_minutes[0] == 0.0
    assert record.rate()[0] == pytest.approx(PRIOR_RATE)


def test_a_longer_record_counts_for_more():
    short, long = BreakdownRecord(1), BreakdownRecord(1)
    known = np.ones(1, bool)
    for record, times in ((short, 1), (long, 5)):
        for _ in range(times):
            for _ in range(30):
                record.step(np.zeros(1, bool), known, 15)
            record.step(np.ones(1, bool), known, 15)
    assert long.log_odds()[0] > short.log_odds()[0] > np.log(PRIOR_RATE / (1 - PRIOR_RATE))


def test_the_shipped_table_knows_every_sign_and_its_levels_rise():
    model = shipped_model()
    road = Road()
    assert set(model.signs) <= set(road.drive().signs)
    assert 0.0 < model.from_1 < model.from_2 < model.from_3 < 1.0
    p = np.array([0.0, model.from_1, model.from_2, model.from_3, np.nan])
    assert model.levels(p).tolist() == [0, 1, 2, 3, 0]
    assert 0.0 < SLOW_SHARE < 1.0


def test_a_sign_adds_what_its_table_says_and_nothing_where_it_is_unknown(tmp_path):
    file = tmp_path / "model.toml"
    head = 'learnt_from = ""\nlearnt_how = ""\nfrom_1 = 0.2\nfrom_2 = 0.3\nfrom_3 = 0.5\n'
    file.write_text(head + 'start = 0.0\n[signs."speed"]\nat = [0.0, 1.0]\nadd = [0.0, 2.0]\n')
    model = read_risk_model(file)
    signs = {"speed": np.array([-1.0, 0.5, 3.0, np.nan])}
    odds = [0.0, 1.0, 2.0, 0.0]
    expected = [1.0 / (1.0 + np.exp(-x)) for x in odds]
    assert model.probability(signs, np.arange(4)) == pytest.approx(expected)
    file.write_text(head + 'start = 0.0\n[signs."speed"]\nat = [1.0, 0.0]\nadd = [0.0, 2.0]\n')
    with pytest.raises(ValueError, match="rising values"):
        read_risk_model(file)
