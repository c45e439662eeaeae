"""What was found, as lines for people: good, doubtful, or to be done."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Report:
    """Sentences in the order they were found."""

    lines: list[str] = field(default_factory=list)
    warnings: int = 0
    problems: int = 0

    def approve(self, text: str) -> None:
        """Say that something is as it should be."""
        self.lines.append(f"  ok       {text}")

    def warn(self, text: str) -> None:
        """Say that something deserves a look."""
        self.warnings += 1
        self.lines.append(f"  warning  {text}")

    def object(self, text: str) -> None:
        """Say that something is wrong, and what to do."""
        self.problems += 1
        self.lines.append(f"  PROBLEM  {text}")

    def conclude(self) -> str:
        """Return the last line."""
        if self.problems:
            return f"{self.problems} to be put right, {self.warnings} to be looked at."
        return f"All is well; {self.warnings} to be looked at." if self.warnings else "All is well."
