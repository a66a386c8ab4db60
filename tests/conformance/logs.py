"""Reads a run's log as its users do, and prints what it found as JSON: real TensorBoard, and pandas' read_json by its own rules."""

import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

folder = sys.argv[1]
events = EventAccumulator(folder)
events.Reload()
tags = events.Tags()["scalars"]
print(
    json.dumps(
        {
            "scalars": {
                tag: [[event.step, event.value] for event in events.Scalars(tag)]
                for tag in tags
            }
        }
    )
)
