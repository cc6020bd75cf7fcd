"""The picture's CSS, for light and dark mode."""

from __future__ import annotations

STYLE = """
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;font-size:13px;fill:#33404d}
.heading{font-size:19px;font-weight:650;fill:#17202a}
.soft{fill:#5b6875}
.name{font-weight:600}
.tick{font-size:11px;fill:#6b7885;text-anchor:middle}
.state{font-size:12px}
.seam-name{font-size:12px;font-weight:650;fill:#b3261e;text-anchor:middle}
.card{fill:#fff;stroke:#d8dee4}
.grid{stroke:#edf0f3;fill:none}
.rest{stroke:#dfe4e9;fill:none}
.lens{fill:#5b6ee1;fill-opacity:.07;stroke:#5b6ee1;stroke-opacity:.45}
.beam{fill:#5b6ee1;fill-opacity:.04}
.seam{fill:#d93025;fill-opacity:.14}
.wave{fill:none;stroke-width:2.4;stroke-linecap:round}
.caller{stroke:#2f6fde}.caller-name{fill:#2459b3}
.first{stroke:#0f9482}.first-name{fill:#0b7568}
.second{stroke:#e07a16}.second-name{fill:#a9570a}
.music{stroke:#9a6bdc}.music-name{fill:#7445b8}
.requested{fill:#8894a0}
.dispatching{fill:#e3b341}
.briefing{fill:#9a6bdc}
.accepted{fill:#4c8df6}
.completed{fill:#3fa66a}
.ended{fill:#d93025}
@media (prefers-color-scheme:dark){
text{fill:#c6d0da}
.heading{fill:#f0f4f8}
.soft{fill:#93a1af}
.tick{fill:#8593a1}
.seam-name{fill:#ff8a80}
.card{fill:#10161d;stroke:#2b3540}
.grid{stroke:#1c252e}
.rest{stroke:#26313c}
.lens{fill:#8c9bff;stroke:#8c9bff}
.beam{fill:#8c9bff;fill-opacity:.06}
.seam{fill:#ff6b5e;fill-opacity:.22}
.caller{stroke:#6ea2ff}.caller-name{fill:#8fb6ff}
.first{stroke:#3cc4b0}.first-name{fill:#5fd6c4}
.second{stroke:#ff9d45}.second-name{fill:#ffb673}
.music{stroke:#b794f4}.music-name{fill:#c9aef8}
.requested{fill:#6f7c89}
.dispatching{fill:#d4a72c}
.completed{fill:#46b277}
}
"""
