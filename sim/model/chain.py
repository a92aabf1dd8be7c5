"""The chain of causes: which outcome feeds which, in which phase, in a sentence.

An edge says that the downstream outcome moves if the upstream one is held elsewhere. That is
tested: the state that stands for the upstream outcome (`HELD_BY`) is overwritten each month, and
the downstream outcome has to move the way the edge says. Whatever else in the table moves at once
has to be reached by a path of edges, so that none is missing.

A law acts before the table begins: it closes what labs would have opened, raises prices, or lays
friction on users. Access, prices and friction are fields of the law and no outcomes, so that their
first effect is a share of releases or of use. What only counts or compares (lags, incidents, costs,
`rationale_share`, `safeguarded_share`, `uplift_us_releases`) moves nothing in the world: no state
stands for it alone, and it is not in the table.
"""

from __future__ import annotations

from typing import NamedTuple


class Edge(NamedTuple):
    """One step of a chain.

    Attributes
    ----------
    upstream, downstream : str
        Names of outcomes (:data:`sim.model.outcomes.OUTCOMES`).
    phase : str
        The phase in which it acts (:data:`sim.model.phases.PHASES`); "observe" if the downstream
        outcome is counted out of the upstream one.
    sense : int
        +1 if more upstream makes more downstream, -1 if it makes less, 0 if that depends on which
        releases gain.
    text : str
        Why, in a sentence.
    """

    upstream: str
    downstream: str
    phase: str
    sense: int
    text: str


EDGES = (
    # What labs bring out.
    Edge("compute_cn", "frontier_cn", "compute", 1, "Chinese training runs grow with China's chips."),
    Edge("compute_cn", "open_releases_cn", "release", 0, "A lab that gets ahead of open weights has more to lose by opening."),
    Edge("use_world", "open_releases_us", "release", -1, "The more people use AI, the more a service earns that is not given away."),
    Edge("use_world", "open_releases_cn", "release", -1, "The more people use AI, the more a service earns that is not given away."),
    Edge("open_releases_us", "frontier_open_us", "release", 1, "The fewer US firms open, the older the best open US release."),
    Edge("frontier_open_us", "frontier_open", "release", 1, "The best open release of all is a US one where none is better."),
    Edge("open_releases_cn", "frontier_open", "release", 1, "The best open release is one of those that are open, Chinese ones among them."),
    Edge("frontier_cn", "frontier_open", "release", 1, "The best Chinese releases are mostly open."),
    Edge("frontier_open", "open_releases_us", "release", 1, "A lab that open weights have caught up with has less to lose by opening."),
    Edge("frontier_us", "frontier_growth", "release", 1, "The best US release is mostly the best of all."),
    Edge("frontier_cn", "frontier_growth", "release", 1, "A Chinese release that overtakes the best moves the frontier."),
    # What auditors find.
    Edge("audit_detections", "backdoor_exposure", "audit", -1, "A compromise that an audit finds is hidden no more."),
    Edge("scan_detections", "backdoor_exposure", "audit", -1, "A compromise that a scan of files finds is mended."),
    # What users take.
    Edge("open_releases_us", "us_share_abroad_developer", "adopt", 1, "Developers find US open weights among many or among few."),
    Edge("frontier_open_us", "us_share_abroad_developer", "adopt", 1, "Developers take US open weights as far as these are good."),
    Edge("open_releases_cn", "us_share_abroad_developer", "adopt", -1, "Developers who find no Chinese open weights take US ones."),
    Edge("audit_detections", "us_share_abroad_developer", "adopt", 0, "Users leave releases on which a compromise was published, whoever made them."),
    Edge("derivative_share_us", "us_share_abroad_developer", "adopt", 1, "Families on which much is built are chosen more."),
    Edge("us_share_abroad", "us_share_abroad_developer", "adopt", 1, "Families that many use are chosen more."),
    Edge("open_releases_us", "open_share_world", "adopt", 1, "Only what is opened can be used as open weights."),
    Edge("open_releases_cn", "open_share_world", "adopt", 1, "Only what is opened can be used as open weights."),
    Edge("open_releases_cn", "cn_share_abroad", "adopt", 1, "Open weights reach users whom Chinese services do not."),
    Edge("frontier_open", "open_share_world", "adopt", 1, "Users take open weights as far as the best of them are good."),
    Edge("frontier_us", "us_share_abroad", "adopt", 1, "Better US services win users."),
    Edge("frontier_cn", "cn_share_abroad", "adopt", 1, "Better Chinese releases win users."),
    Edge("trust_us", "us_share_abroad", "adopt", 1, "Who fears to be cut off leaves US services."),
    Edge("trust_us", "open_share_world", "adopt", -1, "Who fears to be cut off takes weights, which nobody can withdraw."),
    Edge("trust_cn", "cn_share_abroad", "adopt", 1, "Who fears to be cut off leaves Chinese services."),
    Edge("audited_share", "backdoor_exposure", "adopt", -1, "Users go to releases that were examined and found sound."),
    # What developers build.
    Edge("us_share_abroad_developer", "derivative_share_us", "build", 1, "Derivatives are built on the bases that developers use."),
    Edge("us_share_abroad_developer", "application_value", "build", 0, "What can be built depends on the base that is used."),
    Edge("open_releases_cn", "application_value", "build", 1, "Developers build on Chinese weights as far as these are open."),
    Edge("frontier_open", "application_value", "build", 1, "Better open weights make better applications."),
    Edge("derivative_share_us", "us_share_abroad", "adopt", 1, "Families on which much is built are chosen more."),
    # What malicious actors find.
    Edge("audited_share", "defence", "misuse", 1, "Audits teach defenders."),
    Edge("frontier_open_us", "cn_state_harm", "misuse", 1, "Stripped US weights are a way of their own, beside Chinese ones."),
    Edge("frontier_open_us", "other_harm", "misuse", 1, "Stripped US weights are a way of their own, beside Chinese ones."),
    Edge("frontier_open", "cn_state_harm", "misuse", 1, "Open weights can be stripped of their safeguards."),
    Edge("frontier_open", "other_harm", "misuse", 1, "Open weights can be stripped of their safeguards."),
    Edge("open_releases_cn", "cn_state_harm", "misuse", 0, "What is not open is a service: it cannot be stripped, and can be jailbroken."),
    Edge("open_releases_cn", "other_harm", "misuse", 0, "What is not open is a service: it cannot be stripped, and can be jailbroken."),
    Edge("frontier_us", "cn_state_harm", "misuse", 0, "Services can be jailbroken; what a better one adds depends on the other ways."),
    Edge("frontier_us", "other_harm", "misuse", 0, "Services can be jailbroken; what a better one adds depends on the other ways."),
    Edge("frontier_cn", "cn_state_harm", "misuse", 1, "Chinese state actors have the releases of their own labs."),
    Edge("stripped_on_hubs", "other_harm", "misuse", 1, "Stripped weights that are on hubs are found without a search."),
    Edge("use_world", "cn_state_harm", "misuse", 1, "The more people use AI, the more attempts there are."),
    Edge("use_world", "other_harm", "misuse", 1, "The more people use AI, the more attempts there are."),
    Edge("defence", "cn_state_harm", "misuse", -1, "Defence stops attempts that would have succeeded."),
    Edge("defence", "other_harm", "misuse", -1, "Defence stops attempts that would have succeeded."),
    # What follows for shares of use.
    Edge("us_share_abroad_developer", "us_share_abroad", "observe", 1, "Developers are part of the mix of channels."),
    Edge("us_share_abroad", "cn_share_abroad", "observe", -1, "Shares add up to one: most of what US releases lose goes to Chinese ones."),
    Edge("cn_share_abroad", "us_share_abroad", "observe", -1, "Shares add up to one: most of what Chinese releases gain comes from US ones."),
    Edge("cn_share_abroad", "open_share_world", "observe", 1, "Chinese releases in use are mostly open."),
    Edge("us_share_abroad", "power_labs", "observe", 0, "Use is spread as evenly as it is between the labs that gain and lose."),
    Edge("cn_share_abroad", "power_labs", "observe", 0, "Use is spread as evenly as it is between the labs that gain and lose."),
    Edge("open_share_world", "openness_class", "observe", 1, "Openness is that of the releases in use."),
    Edge("open_share_world", "backdoor_exposure", "observe", 1, "Hidden compromises are in open weights."),
    Edge("derivative_share_us", "backdoor_exposure", "observe", 0, "Derivatives inherit what is hidden in their base."),
)  # fmt: skip
"""All edges, in the order in which a month reaches them."""


class Held(NamedTuple):
    """The state that stands for an upstream outcome: what is overwritten to hold it elsewhere.

    Attributes
    ----------
    phase : str
        The phase after which the state is overwritten.
    state : str
        Which state of the world.
    also : tuple of str
        Other outcomes in the table that are read from the same state and so move with it.
    """

    phase: str
    state: str
    also: tuple[str, ...] = ()


HELD_BY = {
    "compute_cn": Held("compute", "chips in China, and the gap to those of the US"),
    "open_releases_us": Held("compute", "what the record of US firms says of opening, and drafts"),
    "open_releases_cn": Held("compute", "what the record of Chinese firms says of opening, and drafts"),
    "frontier_open_us": Held("release", "capability of all open US releases"),
    "frontier_open": Held("release", "capability of all open releases", ("frontier_open_us", "frontier_us", "frontier_cn")),
    "frontier_us": Held("release", "capability of all closed US releases"),
    "frontier_cn": Held("release", "capability of all Chinese releases"),
    "audit_detections": Held("audit", "public findings on compromised open releases", ("audited_share",)),
    "scan_detections": Held("audit", "compromised open releases, which are mended"),
    "audited_share": Held("audit", "public findings on sound releases"),
    "us_share_abroad_developer": Held("adopt", "what developers abroad use: US or Chinese weights"),
    "us_share_abroad": Held("adopt", "what all but developers use abroad: US or Chinese releases"),
    "cn_share_abroad": Held("adopt", "what all but developers use abroad: Chinese or US releases"),
    "open_share_world": Held("adopt", "what all but developers use: a lab's weights or its service"),
    "use_world": Held("adopt", "use of AI by country"),
    "derivative_share_us": Held("build", "derivatives of US families"),
    "stripped_on_hubs": Held("build", "stripped derivatives on hubs"),
    "defence": Held("misuse", "stock of defence"),
    "trust_us": Held("respond", "trust of countries in US supply"),
    "trust_cn": Held("respond", "trust of countries in Chinese supply"),
}  # fmt: skip
"""Of each upstream outcome what stands for it."""

STAGES = (
    ("compute_cn", "use_world", "trust_us", "trust_cn"),
    ("open_releases_us", "open_releases_cn"),
    ("frontier_us", "frontier_cn"),
    ("frontier_open_us",),
    ("frontier_open", "frontier_growth"),
    ("audit_detections", "scan_detections", "audited_share"),
    ("us_share_abroad_developer",),
    ("derivative_share_us",),
    ("us_share_abroad", "cn_share_abroad"),
    ("open_share_world",),
    ("openness_class", "power_labs", "application_value", "stripped_on_hubs", "defence"),
    ("cn_state_harm", "other_harm", "backdoor_exposure"),
)
"""All outcomes in the table, in the order in which a chain meets them.

An edge to an earlier stage is a feedback, which acts in later months.
"""

NODES = tuple(name for stage in STAGES for name in stage)
"""The same without the stages."""


def stage(outcome: str) -> int:
    """Place of an outcome of the table among the stages."""
    return next(i for i, names in enumerate(STAGES) if outcome in names)


def reached(upstream: str) -> set[str]:
    """Outcomes to which a path of edges leads from an outcome, itself included."""
    found, new = {upstream}, [upstream]
    while new:
        here = new.pop()
        after = {edge.downstream for edge in EDGES if edge.upstream == here} - found
        found |= after
        new.extend(after)
    return found
