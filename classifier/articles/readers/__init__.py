"""Files on disk to rows, one file per format.

A reader yields a `Row` for each record that it can read and a `Fault` for each that it cannot, so that the
caller can report every bad row at once. Nothing is read ahead: memory does not grow with the file, except
for workbooks, which are read whole.
"""
