"""What schemathesis asks for is sent as it is, but for times: a right wait is cut short, or 10,000 requests would take days; a right deadline is made
long enough, as one that is too short may well be answered with 504."""
import re

import schemathesis

DURATION = re.compile(r"\d{1,5}ms|\d{1,2}s|[0-5]m")
TIMES = {"wait": "20ms", "deadline": "10s", "timeout": "20ms"}


def within(fields):
    for name, enough in TIMES.items():
        if isinstance(fields, dict) and isinstance(fields.get(name), str) and DURATION.fullmatch(fields[name]):
            fields[name] = enough


@schemathesis.hook
def before_call(context, case, kwargs):
    within(case.query)
    within(case.body)
