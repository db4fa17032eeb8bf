"""The field's words as the rules use them (R-DEF); the module of each subject applies them."""

from rules.rule import Rule

RULES = (
    Rule("R-DEF-1", "A push is given by someone present throughout, or is an infusion of at most 15 minutes.",
         ("NOR-CN", "SEED-4", "LEGAL-96375"), "A"),
    Rule("R-DEF-2", "An infusion is a drug in fluid, flowing into a vein for at least 16 minutes.",
         ("AAPC-ROADMAP", "OHIO-5", "CA-963xx"), "B"),
    Rule("R-DEF-3", "The initial is the one service all others hang on, not the first in time.", ("IOM12", "NCCI11"), "A"),
    Rule("R-DEF-4", "Sequential is a new drug before or after the initial, by the same access.", ("ML-CONC", "MIAMI"), "C"),
    Rule("R-DEF-5", "Concurrent is another drug, in a bag of its own, at the same time by the same access.",
         ("ASCO08", "ML-CONC", "AAPC-BAG"), "B"),
    Rule("R-DEF-7", "What is in the bag is the infusate: two drugs in one bag are one administration.",
         ("ASCO08", "AAPC-BAG"), "B"),
    Rule("R-DEF-8", "Hydration is pre-packaged fluid, with standard electrolytes or without, given against volume loss.",
         ("CGS12", "A52732"), "A"),
    Rule("R-DEF-12", "One venipuncture, catheter or port is one access site, whatever its lumens.", ("NCCI11", "RCA-LUMEN"), "A"),
    Rule("R-DEF-13", "A piggyback is an infusion; the primary line behind it is carrier meanwhile.", ("TUTOR",), "C"),
    Rule("R-DEF-14", "A dose is one ordered administration, over pauses, bags and rates.", (), "K"),
    Rule("R-DEF-15", "For repeated pushes a facility is a hospital outpatient department, not an office.",
         ("LEGAL-96375", "AAPC-OFFICEPUSH", "CCE-PUSH"), "B"),
)  # fmt: skip
