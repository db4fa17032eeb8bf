"""From the topic of charge lines to a billing system, over MLLP or HTTP: acknowledged, in order for each stay, none lost."""
