"""What `hearth doctor` looks at. Each part adds sentences to one report and changes nothing."""
