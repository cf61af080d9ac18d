"""The settings: the only place that reads the environment and the settings file.

    settings      all settings with their limits, in one frozen object
    loading       makes it of options, environment, settings file and defaults, and knows where each value was set
    learner       the settings of a learner, made from those of the workers
    inputs        the input topics: one, a list, or a pattern
    light         the few that `article-stream clean` and `health` need, without loading the others
    properties    librdkafka properties that a user may set, and those that article-stream sets itself
    registry      what the settings of a schema registry have to be like
    telemetry     what the `OTEL_…` variables ask for
    paths         where in a record its texts are: names of fields, and JSON Pointers
    written       finds values that were damaged on their way here, such as by quotes in an env file

Imports only `errors`.
"""
