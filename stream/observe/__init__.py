"""What people see of the worker: metrics, log lines, and text from outside made safe to show. Plain values come in.

Imports only `records` and what is below it.
"""
