//! Tests of personal data: each kind by an example that people publish as one, and what looks like it and is none.

use crate::check::Check;
use gw_model::guardrail::CheckSpec;

fn found(text: &str) -> Vec<(&'static str, String)> {
    let check = Check::compile(&CheckSpec::Pii { entities: Vec::new() }).unwrap();
    check.find(text).into_iter().map(|f| (f.kind, text[f.start..f.end].to_owned())).collect()
}

/// Texts in which nothing of a kind is found but what stands behind it; nothing where that is empty.
#[track_caller]
fn all_are_found(cases: &[(&str, &str, &str)]) {
    let mut wrong = Vec::new();
    for (kind, text, want) in cases {
        let all = found(text);
        let is_right = if want.is_empty() {
            !all.iter().any(|(k, _)| k == kind)
        } else {
            all == [(*kind, (*want).to_owned())]
        };
        if !is_right {
            wrong.push(format!("{kind}: {text}: {all:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn numbers_are_found_by_what_stands_beside_them() {
    all_are_found(&[
        ("phone", "Phone: 22 90 16", "22 90 16"),
        ("phone", "they are not answering at 458 07 925", "458 07 925"),
        ("phone", "Lyon, 01.28.97.03.75 or later", "01.28.97.03.75"),
        ("phone", "(72) 754-186 is the desk's", "(72) 754-186"),
        ("phone", "725 119 426 office, Brno", "725 119 426"),
        ("phone", "here: 42-95-00-21-Office", "42-95-00-21"),
        ("phone", "Lena\\nPhone: 22 901692\\nOslo", "22 901692"),
        ("email", "to:\\njane@example.org", "jane@example.org"),
        ("ip_address", "host\\n203.0.113.7\\t", "203.0.113.7"),
        ("iban", "x\\nDE89370400440532013000", "DE89370400440532013000"),
    ]);
}

#[test]
fn every_kind_is_found() {
    all_are_found(&[
        ("email", "Write to jane.o'neil+x@mail.example.co.uk.", "jane.o'neil+x@mail.example.co.uk"),
        ("phone", "ring +49 (0)30 1234567 now", "+49 (0)30 1234567"),
        ("phone", "at (202) 555-0143 x12", "(202) 555-0143 x12"),
        ("phone", "Tel. 5551234", "5551234"),
        ("credit_card", "card 4111-1111-1111-1111", "4111-1111-1111-1111"),
        ("credit_card", "3782 822463 10005", "3782 822463 10005"),
        ("iban", "to DE89 3704 0044 0532 0130 00 today", "DE89 3704 0044 0532 0130 00"),
        ("iban", "GB29NWBK60161331926819", "GB29NWBK60161331926819"),
        ("iban", "MT84 MALT 0110 0001 2345 MTLC AST0 01S", "MT84 MALT 0110 0001 2345 MTLC AST0 01S"),
        ("ip_address", "from 203.0.113.7:443", "203.0.113.7"),
        ("ip_address", "to 2001:db8::1.", "2001:db8::1"),
        ("mac_address", "is 00:1B:44:11:3A:B7", "00:1B:44:11:3A:B7"),
        ("date_of_birth", "born on 12 March 1990", "12 March 1990"),
        ("date_of_birth", "DOB: 03/14/1985", "03/14/1985"),
        ("us_ssn", "it is 219-09-9999", "219-09-9999"),
        ("us_ssn", "it is 912-45-6789", "912-45-6789"),
        ("us_ssn", "my SSN is 123-45-6789", "123-45-6789"),
        ("us_itin", "ITIN 912-70-1234", "912-70-1234"),
        ("uk_nino", "AB 12 34 56 C", "AB 12 34 56 C"),
        ("uk_nhs", "NHS number 943 476 5919", "943 476 5919"),
        ("de_tax_id", "Steuer-ID 86095742719", "86095742719"),
        ("fr_nir", "1 85 05 78 006 084 91", "1 85 05 78 006 084 91"),
        ("es_dni", "DNI 12345678Z", "12345678Z"),
        ("es_nie", "X1234567L", "X1234567L"),
        ("it_fiscal_code", "RSSMRA85T10A562S", "RSSMRA85T10A562S"),
        ("nl_bsn", "BSN 111222333", "111222333"),
        ("be_nrn", "85.07.30-033.28", "85.07.30-033.28"),
        ("pl_pesel", "PESEL 44051401359", "44051401359"),
        ("pt_nif", "NIF 123456789", "123456789"),
        ("se_personnummer", "811218-9876", "811218-9876"),
        ("fi_hetu", "131052-308T", "131052-308T"),
        ("dk_cpr", "CPR 070761-4285", "070761-4285"),
        ("ch_ahv", "756.9217.0769.85", "756.9217.0769.85"),
        ("at_svnr", "SVNR 1237 010180", "1237 010180"),
        ("br_cpf", "111.444.777-35", "111.444.777-35"),
        ("br_cnpj", "11.222.333/0001-81", "11.222.333/0001-81"),
        ("in_aadhaar", "2341 2341 2346", "2341 2341 2346"),
        ("in_pan", "PAN ABCPE1234F", "ABCPE1234F"),
        ("ca_sin", "046 454 286", ""),
        ("ca_sin", "SIN 193 456 787", "193 456 787"),
        ("za_id", "8001015009087", "8001015009087"),
        ("sg_nric", "S1234567D", "S1234567D"),
        ("cn_resident_id", "11010519491231002X", "11010519491231002X"),
        ("tr_tckn", "10000000146", "10000000146"),
        ("cl_rut", "12.345.678-5", "12.345.678-5"),
        ("us_driver_license", "driver's license D1234567", "D1234567"),
        ("us_driver_license", "my driver's license number is 924848359", "924848359"),
    ]);
}

#[test]
fn what_is_nobodys_is_not_found() {
    for text in [
        "Order 4471 of 2024-05-01, 12:30:45, v1.2.3.4, version 10.0.0.1 and 3.14159265",
        "The build 20240501123045 took 1714560000 ms; commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
        "ids 123e4567-e89b-12d3-a456-426614174000 and 4111111111111112, 1234567890123456",
        "price 1,234,567.89 EUR; tables 10 20 30 40 50 60 70; chapters 1.2.3; 50 % of 1000000",
        "@mention, user@localhost, a@b, 192.168.1.256, 1.2.3, 00:00:00, 10:20",
        "May 5, 2024 is a Sunday. In March 1990 nothing happened. 2024/2025",
        "THIS IS ALL IN CAPS WITH 3 WORDS AND 12 MORE",
        "It serves 12 345 678 mobile users",
        "There are 725 119 000 office workers",
        "Nature 12(3) 456-7890 and (2020) 44-51; f(10) 20 30 40",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
}

#[test]
fn tricks_with_blanks_and_dashes_do_not_help() {
    for text in [
        "4111\u{a0}1111\u{a0}1111\u{a0}1111",
        "4111\u{2013}1111\u{2013}1111\u{2013}1111",
        "4111\u{200b}1111\u{200b}1111\u{200b}1111",
    ] {
        assert_eq!(found(text).len(), 1, "{text:?}");
    }
}

#[test]
fn links_and_pages_write_signs_in_codings() {
    for (kind, text, wanted) in [
        ("email", "https://a.example/?mail=jo.doe%40example.com&x=1", "jo.doe%40example.com"),
        ("email", "jo%2Bwork%40example.com", "jo%2Bwork%40example.com"),
        ("email", "write to jo&#64;example.com", "jo&#64;example.com"),
        ("credit_card", "card=4111%201111%201111%201111", "4111%201111%201111%201111"),
        ("phone", "tel=%2B49%2030%20901820", "%2B49%2030%20901820"),
        ("us_ssn", "ssn=219%2D09%2D9999", "219%2D09%2D9999"),
    ] {
        assert_eq!(found(text), [(kind, wanted.to_owned())], "{text}");
    }
    for text in ["50%20off and 100%", "a=1&b=2&c=%40", "R&D at 40% off", "%40 of all"] {
        assert_eq!(found(text), [], "{text}");
    }
}
