"""L11: safeguards that open releases must carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from sim.policies.base import own
from sim.policies.families import BindingLabs
from sim.vocabulary import Domain

if TYPE_CHECKING:
    from sim.model.law import Law


class Method(NamedTuple):
    """What a kind of safeguard does where the scenario does not say.

    Factor on cost, share of capability lost.
    """

    multiplier: float
    tax: float


METHODS = {
    "refusal": Method(1.0, 0.0),
    "tamper-resistant": Method(10.0, 0.02),
    "data-filtering": Method(100.0, 0.0),
}


class ReleaseSafeguards(BindingLabs):
    """New open releases of US firms (and of allies that join) must carry a safeguard.

    *refusal*: the release declines harmful requests; that is stripped as cheaply as today.
    *tamper-resistant*: training that makes stripping dearer by ``strip_cost_multiplier``.
    *data-filtering*: knowledge of ``domains`` is kept out of the training data, so that a stripped
    release lacks it: of its worth there remains ``in_context``, unless somebody pays the cost of
    stripping times ``strip_cost_multiplier`` to teach it again.

    Writes: safeguards that open releases of bound labs carry with their cost in money and
    capability, a cost of opening.
    """

    lever: ClassVar[str] = "L11"
    title: ClassVar[str] = "Safeguards of open releases"
    pulled_by: ClassVar[str] = "US government"
    real: ClassVar[str] = (
        "No law. Methods are published: tamper-resistant training (Tamirisa et al. 2025), "
        "filtering of training data (O'Brien et al. 2025)."
    )
    not_modelled: ClassVar[str] = (
        "Safeguards on weights that are out: no later law adds to them. Academic and small "
        "labs, which owe none."
    )
    assumption: ClassVar[str] = "strip_cost_multiplier"
    main: ClassVar[tuple[str, ...]] = ("method", "strip_cost_multiplier")
    phase: ClassVar[str] = "release"
    example: ClassVar[dict[str, Any]] = {
        "start": "2026-01",
        "method": "tamper-resistant",
        "strip_cost_multiplier": 30.0,
    }

    method: Literal["refusal", "tamper-resistant", "data-filtering"] = own(
        "tamper-resistant", "kind of safeguard", "", "Tamirisa et al. 2025; O'Brien et al. 2025"
    )
    strip_cost_multiplier: float | None = own(
        None,
        "factor on the cost of stripping (with data-filtering, of teaching again); unset: 1, 10 or "
        "100 by method",
        "factor",
        "Tamirisa et al. 2025: 3-50; O'Brien et al. 2025: 10-1000; judgement",
        allowed=(1.0, 1e5),
        likely=(3.0, 1000.0),
    )
    domains: tuple[Domain, ...] = own(
        ("chem_bio",), "domains filtered from the training data", "", "O'Brien et al. 2025"
    )
    in_context: float = own(
        0.4,
        "share of a release's worth in a filtered domain that can be supplied in context; counts "
        "only where no release "
        "without the filter comes near",
        "0-1",
        "O'Brien et al. 2025; judgement",
        allowed=(0.0, 1.0),
        likely=(0.2, 0.6),
    )
    capability_tax: float | None = own(
        None,
        "share of the points above no model that the safeguard costs; unset: 0, 0.02 or 0 by "
        "method",
        "0-1",
        "O'Brien et al. 2025: none for filtering; judgement",
        allowed=(0.0, 0.5),
        likely=(0.0, 0.05),
    )
    cost_per_release: float = own(
        1e6,
        "cost of the safeguard to the lab",
        "USD",
        "judgement",
        allowed=(0.0, 1e10),
        likely=(1e5, 10e6),
    )
    opening_cost: float = own(
        0.1,
        "effort and liability of an open release",
        "utils",
        "judgement",
        allowed=(0.0, 10.0),
        likely=(0.0, 0.5),
    )

    def write(self, law: Law, name: str, strength: float, month: int) -> None:
        """Write the safeguards into a month's law."""
        from sim.model.duties import Safeguard

        usual = METHODS[self.method]
        stated = self.strip_cost_multiplier
        factor = usual.multiplier if stated is None else stated
        filtering = self.method == "data-filtering"
        labs = self.bound_labs(law, name)
        law.write(
            name,
            "safeguards",
            Safeguard(
                labs=labs,
                strip_factor=1.0 if filtering else factor,
                filtered=tuple(sorted(self.domains)) if filtering else (),
                in_context=self.in_context,
                relearn_factor=factor if filtering else 1.0,
                tax=usual.tax if self.capability_tax is None else self.capability_tax,
                cost=self.cost_per_release,
                strength=self.effect(strength),
            ),
        )
        law.write(name, "opening_cost", self.opening_cost * strength * self.enforcement, labs=labs)
