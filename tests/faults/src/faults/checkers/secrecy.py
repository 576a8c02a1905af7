"""I9 tenants apart, I12 no secret told."""

from __future__ import annotations

from faults.checkers.finding import Finding, Trial

SHORTEST_SECRET = 12


def tenants_apart(trial: Trial) -> Finding:
    """Every name that a tenant's callers give carries that tenant's mark, which must show nowhere else."""
    found = Finding("I9", "tenants apart")
    for tenant, answers in trial.answers_by_tenant.items():
        foreign = [mark for other, mark in trial.marks_of_tenants.items() if other != tenant]
        for text in answers:
            found.look(any(mark in text for mark in foreign), f"{tenant} was told: {text[:160]}")
    for row in trial.evidence.reservations:
        mark = trial.marks_of_tenants[row["tenant"]]
        found.look(mark not in row["reference"], f"reservation {row['reference']} belongs to {row['tenant']}")
    for entry in trial.cast.journal:
        found.look(entry.key.find("-globex-") >= 0, f"{entry.partner}, a partner of acme, holds {entry.key}")
    return found


def no_secret_told(trial: Trial) -> Finding:
    """Passwords, keys and tokens of the stack in logs, events, steps, exceptions and delivery errors."""
    found = Finding("I12", "no secret told")
    secrets = {name: word for name, word in trial.secrets.items() if len(word) >= SHORTEST_SECRET}
    found.blame(["no secret is known, so none can be found"] if not secrets else [])
    for place, texts in trial.evidence.texts.items():
        found.facts += len(texts)
        whole = "\n".join(texts)
        found.blame(f"{place} tells the secret {name}" for name, word in secrets.items() if word in whole)
    return found
