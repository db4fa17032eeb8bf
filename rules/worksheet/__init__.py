"""What every step reads and writes: the sheet, the codable administration, minutes, dates of service."""
