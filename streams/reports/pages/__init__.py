"""The pages of the kinds of reports, a file each: sentences, charts and tables in their order."""
