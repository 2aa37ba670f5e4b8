"""llama.cpp in a supervised child process, spoken to over pipes."""
