//! Words that are written in two ways, British and American above all. Serves the comparison of turns. It must only know
//! spellings: words that mean the same stand elsewhere.

use ahash::AHashMap;
use std::sync::LazyLock;

/// British words whose `our` is `or` in American ones.
const OUR: &str = "colour favour flavour behaviour neighbour harbour honour labour rumour humour vapour odour armour \
    endeavour savour splendour vigour parlour tumour glamour saviour candour rigour fervour";

/// Words in `ise` that are never written with a `z`.
const ISE: &str = "rise wise exercise promise advise raise surprise precise otherwise noise praise expertise enterprise \
    franchise merchandise compromise cruise bruise paradise concise premise revise supervise devise disguise likewise arise \
    demise poise poise improvise televise circumcise excise incise chemise valise treatise tortoise porpoise turquoise \
    clockwise anticlockwise sunrise uprise comprise apprise despise chastise advertise";

/// Others.
const OTHERS: &[(&str, &str)] = &[
    ("centre", "center"),
    ("metre", "meter"),
    ("litre", "liter"),
    ("theatre", "theater"),
    ("fibre", "fiber"),
    ("calibre", "caliber"),
    ("licence", "license"),
    ("defence", "defense"),
    ("offence", "offense"),
    ("practise", "practice"),
    ("grey", "gray"),
    ("tyre", "tire"),
    ("programme", "program"),
    ("instalment", "installment"),
    ("enrolment", "enrollment"),
    ("fulfilment", "fulfillment"),
    ("jewellery", "jewelry"),
    ("catalogue", "catalog"),
    ("dialogue", "dialog"),
    ("aluminium", "aluminum"),
    ("lasagne", "lasagna"),
    ("chilli", "chili"),
    ("yoghurt", "yogurt"),
    ("mould", "mold"),
    ("plough", "plow"),
    ("sceptical", "skeptical"),
    ("kerb", "curb"),
    ("ageing", "aging"),
    ("judgement", "judgment"),
    ("paediatric", "pediatric"),
    ("anaemia", "anemia"),
    ("diarrhoea", "diarrhea"),
    ("oesophagus", "esophagus"),
    ("haemoglobin", "hemoglobin"),
    ("oestrogen", "estrogen"),
    ("pyjamas", "pajamas"),
    ("ekg", "ecg"),
    ("marrakesh", "marrakech"),
];

static OF_OTHERS: LazyLock<AHashMap<&str, &str>> = LazyLock::new(|| OTHERS.iter().copied().collect());

/// The word in American spelling, where it is written otherwise; of a word in small letters.
pub(super) fn american(word: &str) -> Option<String> {
    let (bare, plural) = word.strip_suffix('s').map_or((word, ""), |bare| (bare, "s"));
    if let Some(other) = OF_OTHERS.get(word) {
        return Some((*other).to_owned());
    }
    if let Some(other) = OF_OTHERS.get(bare) {
        return Some(format!("{other}{plural}"));
    }
    if word.contains("our") {
        let of_our = OUR.split_whitespace().find(|own| word.starts_with(own))?;
        let start = of_our.strip_suffix("our")?;
        return Some(format!("{start}or{}", word.get(of_our.len()..)?));
    }
    for ending in ["isation", "isations", "ise", "ised", "ises", "ising"] {
        let Some(start) = word.strip_suffix(ending).filter(|start| start.len() >= 3) else { continue };
        let is_never = ISE.split_whitespace().any(|own| own.strip_suffix("ise") == Some(start));
        return (!is_never).then(|| format!("{start}iz{}", ending.get(2..).unwrap_or_default()));
    }
    // "travelling", "labelled": Americans write one.
    ["elling", "elled", "eller"].into_iter().find_map(|ending| {
        let start = word.strip_suffix(ending).filter(|start| start.len() >= 3)?;
        Some(format!("{start}el{}", ending.get(3..)?))
    })
}
