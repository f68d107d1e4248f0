"""How large a file may be, each way that it can be: beyond, it is refused with a sentence before it does harm."""

MIB = 1 << 20

MOST_BYTES = 512 * MIB
MOST_UNPACKED_BYTES = 2048 * MIB
"""Of a workbook: all that it holds, unpacked, as it declares itself and as it turns out."""
MOST_PARTS = 1_000
"""Files in the archive that a workbook is."""
MOST_ROWS = 1_500_000
MOST_COLUMNS = 104
"""Up to column CZ: a single cell at the far end would make a table of sixteen thousand columns."""
LONGEST_CELL = 2_000
MOST_DEPTH = 8
"""Of lists and mappings within each other in YAML; the deepest that means something is 6."""
