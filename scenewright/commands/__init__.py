"""The commands of the shell: options, tables, files in and out; the work is done below."""
