"""What calls cost: prices, the bill of an answer, what is spent, and how much may be."""
