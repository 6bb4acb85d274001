"""A sentence in, a verified picture out."""

from scenewright import render

result = render("two red balls to the left of a blue box")

print("verified" if result.verified else "not verified", f"(round {result.rounds}):", result.picture)
for finding in result.report.findings if result.report else ():
    print(f"{finding.ruling:12} {finding.sentence}")
