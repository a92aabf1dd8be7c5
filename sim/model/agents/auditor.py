"""Auditors: assessors of hazard, the public repository, and government suppliers."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import mesa
import numpy as np

from sim.model.duties import Assessment, AuditProgramme
from sim.model.identity import identity
from sim.model.parameters import DEFAULTS
from sim.vocabulary import CLEAN, FLAGGED, GOVERNMENT, OPEN_WEIGHTS, UNAUDITED

if TYPE_CHECKING:
    from sim.model.agents.lab import Lab
    from sim.model.world import World


class Assessor(mesa.Agent):
    """Judges whether an open release would be hazardous, as the law defines it."""

    def judges_hazardous(self, duty: Assessment, lab: Lab, capability: float, draw: int) -> bool:
        """The truth under the duty's definition, turned round with probability 1 - accuracy."""
        right = self.model.streams("assessor").uniform(lab.identity, draw) < duty.accuracy
        return self.is_hazardous(duty, lab, capability, draw) == right

    def is_hazardous(self, duty: Assessment, lab: Lab, capability: float, draw: int) -> bool:
        """Whether a release would be hazardous in a domain of the duty, by measured capability.

        As absolute risk it is if it is far enough above the misuse threshold of the domain; as
        marginal risk if it has passed that threshold and is far enough above the best open release
        of any other origin. Assessors take the defaults of thresholds for true: what they are,
        nobody knows.
        """
        world = self.model
        measured = world.us_government.measure(capability, lab.origin, lab.identity, draw)
        lowest = min((DEFAULTS[f"threshold_{domain}"] for domain in duty.domains), default=inf)
        if duty.reference == "absolute":
            return measured - lowest >= duty.margin
        return (
            measured >= lowest
            and measured - world.frontier.best_open_measured(lab.origin) >= duty.delta
        )


class Auditor(mesa.Agent):
    """An institution that audits open releases.

    It chooses, examines, and publishes or keeps the result.

    Attributes
    ----------
    for_government : bool
        Whether releases are ranked by the use of the governments bound, or by use in the world.
    queue : list of (month due, release, finding)
        Audits done but not yet published.
    """

    def __init__(self, model: World, name: str, *, for_government: bool) -> None:
        super().__init__(model)
        self.name, self.identity, self.for_government = name, identity(name), for_government
        self.done = np.zeros(len(model.catalogue.columns.month), bool)
        self.credit = 0.0
        self.queue: list[tuple[int, int, int, AuditProgramme]] = []

    def work(self, month: int) -> None:
        """Spend the month's budget on the releases that come first, then publish what is due."""
        room = len(self.model.catalogue.columns.month)
        if room > len(self.done):
            self.done = np.concatenate((self.done, np.zeros(room - len(self.done), bool)))
        for programme in self.model.law.audits:
            if programme.auditor == self.name:
                self.credit += programme.audits_a_month
                while self.credit >= 1.0:
                    self.credit -= 1.0
                    release = self.next_release(programme)
                    if release < 0:
                        self.credit = 0.0
                        break
                    self.done[release] = True
                    self.model.charge("adopters", programme.cost)
                    self.queue.append(
                        (
                            month + programme.update_lag,
                            release,
                            self.examine(programme, release),
                            programme,
                        )
                    )
        due = [entry for entry in self.queue if entry[0] <= month]
        self.queue = [entry for entry in self.queue if entry[0] > month]
        for _, release, finding, programme in due:
            self.publish(programme, release, finding)

    def next_release(self, programme: AuditProgramme) -> int:
        """The most used (or most risky) open release not audited yet, -1 if there is none."""
        c = self.model.catalogue.columns
        n = len(self.model.use_of_releases)
        if n == 0:  # nobody has chosen anything yet
            return -1
        use = self.model.use_of_releases
        if self.for_government:
            use = np.zeros(n)
            bound = np.zeros(len(self.model.countries))
            bound[list(programme.countries)] = 1.0
            np.add.at(
                use, self.model.market.release[GOVERNMENT], self.model.adopters.covered_use(bound)
            )
        weight = np.where((c.mode[:n] >= OPEN_WEIGHTS) & ~self.done[:n], use, 0.0)
        if programme.priority == "risk":
            weight = weight * (1.0 + self.model.trust.risk[c.origin[:n]])
        best = int(weight.argmax()) if n else -1
        return best if n and weight[best] > 0.0 else -1

    def examine(self, programme: AuditProgramme, release: int) -> int:
        """A traced compromise is found with the audit's power.

        A sound release is flagged by mistake at times.
        """
        c = self.model.catalogue.columns
        lab = self.model.labs[c.lab[release]].identity
        draw = self.model.streams("audit").uniform(self.identity, lab, int(c.draw[release]))
        if c.compromised[release]:
            return FLAGGED if draw < programme.power * programme.traceability else CLEAN
        return FLAGGED if draw < programme.false_positive else CLEAN

    def publish(self, programme: AuditProgramme, release: int, finding: int) -> None:
        """Users learn a public result; a private one stays with the government's suppliers."""
        world = self.model
        c = world.catalogue.columns
        compromised = bool(c.compromised[release])
        world.counts.audits["detections"] += float(finding == FLAGGED and compromised)
        world.counts.audits["false_alarms"] += float(finding == FLAGGED and not compromised)
        if not programme.public:
            if c.private_finding[release] == UNAUDITED:
                c.private_finding[release] = finding
            return
        c.public_finding[release] = max(int(c.public_finding[release]), finding)
        power = programme.power * programme.traceability
        c.clean_weight[release] = (
            power + (1.0 - power) * world.p.credulity if finding == CLEAN else 0.0
        )
        if finding == FLAGGED and compromised:
            world.releases.disclose(release)
