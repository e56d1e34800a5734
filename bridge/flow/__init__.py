"""What authors of call flows write: values that say what a line does. No I/O, no asyncio."""
