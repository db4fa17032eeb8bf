"""The console: pages for the coder who clears holds and the engineer who watches feeds. It reads, and is read by nobody."""
