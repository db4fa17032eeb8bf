"""What every step writes on: the sheet, the codable administration, minutes, dates of service."""
