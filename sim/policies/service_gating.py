"""L2: gating of access to closed services: licences, refusals, sudden cut-offs."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from sim.months import month_index
from sim.policies.base import compliance_cost, own
from sim.policies.families import BindingLabs
from sim.vocabulary import API, CN

if TYPE_CHECKING:
    from sim.model.law import Law
    from sim.model.randomness import Streams

CUT_OFF = 0.99  # of a service that is switched off: a share above 0 has a logarithm


class ServiceGating(BindingLabs):
    """Users in scope need leave for US (and joining allies') services: they wait; some are refused.

    A cut-off, drawn month by month, switches these services off for users in scope at once and for
    a time; those who do not look round meanwhile wait for them. Meanwhile jailbreaks of malicious
    actors in scope fail, and Chinese labs in scope have nothing to learn from. Writes: access,
    friction of waiting, refusals and cut-offs that users meet, malicious accounts turned away, a
    barrier to learning from these services, costs of licence desks. What users make of it comes
    from their trust.
    """

    lever: ClassVar[str] = "L2"
    title: ClassVar[str] = "Gating of closed services"
    pulled_by: ClassVar[str] = "US government"
    real: ClassVar[str] = (
        "Licences for closed weights in the Framework for AI Diffusion (90 FR 4544, January "
        "2025, withdrawn). Reported: in June 2026 a US directive switched two services off "
        "worldwide for 18 days, and a model went to about twenty vetted organisations first."
    )
    not_modelled: ClassVar[str] = (
        "Who is vetted: refusal is a share of applications. Open weights of the labs that are "
        "bound without the gate: access counts for all their releases. Users who leave in the "
        "month of a cut-off: trust carries what stays. A cut-off that follows from what happens in the "
        "world: it is drawn."
    )
    assumption: ClassVar[str] = "delay_loss"
    idle_without: ClassVar[dict[str, tuple[str, ...]]] = {
        "shock_prob": ("shock_months", "shock_share", "trust_penalty")
    }
    main: ClassVar[tuple[str, ...]] = ("scope", "delay_months", "refusal", "shock_months")
    phase: ClassVar[str] = "adopt"
    seen_by_audits: ClassVar[bool] = False
    example: ClassVar[dict[str, Any]] = {
        "start": "2026-01",
        "scope": "foreign",
        "refusal": 0.2,
        "shock_prob": 0.5,
        "distillation_cut": 0.0,
    }

    scope: Literal["foreign", "countries", "all"] = own(
        "foreign",
        "who needs leave: everybody outside the US, the listed countries, or all users",
        "",
        "scenario",
    )
    countries: tuple[str, ...] = own(
        ("CHN", "X-CHINA-SAR", "RUS", "IRN", "X-NORTH-KOREA", "BLR", "CUB", "SYR", "X-VENEZUELA"),
        'countries in scope where scope is "countries"',
        "country codes",
        "US Country Group D:5 and China; judgement",
        kind="countries",
    )
    exempt: tuple[str, ...] = own(
        (), "countries whose users need no leave", "country codes", "scenario", kind="countries"
    )
    delay_months: float = own(
        2.0,
        "months that a licence takes",
        "months",
        "BIS processing 2023-2025: 38 days to 6 months",
        allowed=(0.0, 24.0),
        likely=(1.0, 6.0),
        part="waiting for leave",
    )
    delay_loss: float = own(
        0.1,
        "loss of users per month of waiting",
        "utils a month",
        "judgement",
        allowed=(0.0, 5.0),
        likely=(0.0, 0.3),
    )
    refusal: float = own(
        0.1,
        "share of applications refused",
        "0-1",
        "BIS: 2 % in FY2023, 30 % for China in 2022",
        allowed=(0.0, 1.0),
        likely=(0.02, 0.30),
        part="refusals",
    )
    shock_prob: float = own(
        0.0,
        "probability a year of a cut-off",
        "0-1",
        "one in 2026, press reports; judgement",
        allowed=(0.0, 1.0),
        likely=(0.0, 0.5),
        part="cut-offs",
    )
    shock_months: float = own(
        0.6,
        "length of a cut-off",
        "months",
        "18 days in June 2026, press reports; judgement",
        allowed=(0.0, 24.0),
        likely=(0.3, 6.0),
    )
    shock_share: float = own(
        1.0,
        "share of the services that a cut-off hits",
        "0-1",
        "two services in June 2026; judgement",
        allowed=(0.0, 1.0),
        likely=(0.1, 1.0),
    )
    trust_penalty: float = own(
        2.0,
        "what a month of cut-off does to trust, in refusals",
        "refusals",
        "lasting loss 0.02-0.15; judgement",
        allowed=(0.0, 20.0),
        likely=(0.4, 3.0),
    )
    account_check: float = own(
        0.2,
        "share of malicious accounts in scope turned away",
        "0-1",
        "judgement",
        allowed=(0.0, 1.0),
        likely=(0.0, 0.6),
        part="accounts turned away",
    )
    distillation_cut: float = own(
        0.2,
        "share of the learning of Chinese labs in scope from these services that ends",
        "0-1",
        "judgement",
        allowed=(0.0, 1.0),
        likely=(0.0, 0.5),
        part="less learning by Chinese labs",
    )
    compliance_cost: float = compliance_cost(
        10e6, "cost of the licence desk to each bound lab", likely=(1e6, 50e6)
    )

    def cut_off(self, month: int, streams: Streams | None) -> float:
        """Share of the month's service that is switched off for users in scope.

        All policies of this lever share the draws.
        """
        if streams is None or self.shock_prob == 0.0:
            return 0.0
        luck, share = streams("cut-off").uniform, 0.0
        for age in range(int(self.shock_months) + 1):
            begun = month - age
            likely = self.shock_prob * self.intensity(begun) * self.enforcement
            if luck(begun + 1) < 1.0 - (1.0 - likely) ** (1.0 / 12.0):
                share = max(share, min(1.0, self.shock_months - age))
        return self.shock_share * share if month >= month_index(self.start) else 0.0

    def drawn(self, month: int, streams: Streams | None) -> Hashable:
        """The cut-off of the month."""
        return self.cut_off(month, streams)

    def write(self, law: Law, name: str, strength: float, month: int) -> None:
        """Write the gates, and a cut-off that is on, into a month's law."""
        effect = self.effect(strength)
        labs = self.bound_labs(law, name)
        self._gate(law, name, effect, cast("float", self.standing(law, name).drawn))
        law.write(name, "compliance_cost", self.compliance_cost * strength, labs=labs)
        law.spend(name, "labs", self.compliance_cost * strength * len(labs))

    def _gate(self, law: Law, name: str, effect: float, off: float) -> None:
        """What users, malicious actors and labs in scope meet at the gates and in a cut-off.

        A cut-off is of part of the month.
        """
        users, services = self._in_scope(law), self.covered_labs(law, name)
        place: dict[str, Any] = {"countries": users, "labs": services}
        law.write(
            name,
            "access",
            (1.0 - min(self.refusal * effect, CUT_OFF)) * (1.0 - CUT_OFF * off),
            **place,
        )
        law.write(
            name, "friction", self.delay_loss * self.delay_months * effect, modes=[API], **place
        )
        # Who uses a service applies once a year.
        alarm = self.refusal * effect / 12.0 + self.trust_penalty * off
        law.write(name, "alarm", alarm, modes=[API], **place)
        law.write(name, "account_pass", (1.0 - self.account_check * effect) * (1.0 - off), **place)
        learners = [
            lab for lab in law.jurisdictions.firms(CN) if law.jurisdictions.lab_homes[lab] in users
        ]
        barrier = (1.0 - self.distillation_cut * effect) * (1.0 - off)
        law.write(name, "distillation_barrier", barrier, labs=services, students=learners)

    def _in_scope(self, law: Law) -> tuple[int, ...]:
        named, exempt = (
            set(law.jurisdictions.country_indices(codes)) for codes in (self.countries, self.exempt)
        )
        blocs = law.jurisdictions.blocs
        asked = {"all": set(range(len(blocs))), "countries": named}
        abroad = {i for i, bloc in enumerate(blocs) if bloc != "US"}
        return tuple(sorted(asked.get(self.scope, abroad) - exempt))
