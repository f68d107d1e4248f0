"""The figures of Voltlog, measured in one run on this machine: rates and latencies with the CPU that they cost."""
