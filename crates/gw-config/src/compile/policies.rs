//! Refuses policies that no stage of this version carries out: accepting one silently would promise
//! what is not kept.

use crate::errors::Faults;
use crate::place::At;
use crate::settings::FileSettings;
use crate::settings::cache::{CacheMode, CacheSettings};

pub(super) fn refuse_unenforced(file: &FileSettings, faults: &mut Faults) {
    let models = file.models.value.0.iter().filter_map(|entry| entry.value.cache.as_ref());
    for cache in file.cache.iter().chain(models) {
        refuse_cache(cache, faults);
    }
}

fn refuse_cache(cache: &At<CacheSettings>, faults: &mut Faults) {
    let mode = cache.value.mode;
    if mode.value != CacheMode::Off {
        let message = format!(
            "cache mode '{}' is not in this version: write off, or remove 'cache'",
            mode.value.as_str()
        );
        faults.add(mode.place, message);
    }
}
