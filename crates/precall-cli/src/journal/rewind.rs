//! Items as they were at an instant: those of today, with the later changes taken back.

use std::collections::BTreeMap;

use jiff::Timestamp;
use precall::rule::Key;
use precall_hook::journal::Change;

use crate::dynamodb::attribute_value::Attributes;

/// Items by their keys.
pub type ItemsByKey = BTreeMap<Key, Attributes>;

/// Takes changes back, which must be in order: an item is as it was before the first change of its key. The other items stay as
/// they are. Returns the keys and the instants of changes that cannot be taken back because the journal has no images of them.
pub fn take_back(items: &mut ItemsByKey, changes: &[Change]) -> Vec<(Key, Timestamp)> {
    let mut lost = Vec::new();
    let mut first: BTreeMap<&Key, &Change> = BTreeMap::new();
    for change in changes {
        if change.are_images_lost {
            if !first.contains_key(&change.key) {
                lost.push((change.key.clone(), change.at));
            }
        } else {
            first.entry(&change.key).or_insert(change);
        }
    }
    for (key, change) in first {
        match &change.before {
            Some(before) => items.insert(key.clone(), before.clone()),
            None => items.remove(key),
        };
    }
    lost
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        reason = "a test that cannot continue should fail at that point"
    )]

    use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, PutRequest, WriteRequest};
    use jiff::SignedDuration;
    use precall_hook::journal::{changes_of, journal_items, without_bookkeeping};
    use precall_hook::settings::Settings;

    use super::*;
    use crate::dynamodb::items;
    use crate::dynamodb::store::{OpenedStore, scan};
    use crate::journal::chain::missing_changes;
    use crate::journal::order::in_order;

    /// Numbers that look random, and are the same in each run.
    struct Random(u64);

    impl Random {
        fn below(&mut self, limit: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % limit
        }

        fn key(&mut self) -> Key {
            let number = ["*", "+13155550101", "+13155550102"][usize::try_from(self.below(3)).unwrap()];
            Key { number: number.to_owned(), rule: format!("r{}", self.below(3)) }
        }

        fn item(&mut self) -> Attributes {
            let mut item = items::key_attributes(&self.key());
            let names = ["status", "code", "note", "list_file", "changed"];
            for name in names {
                if self.below(2) == 0 {
                    let value = if self.below(3) == 0 {
                        AttributeValue::Ss(vec![self.below(3).to_string(), "x".to_owned()])
                    } else {
                        AttributeValue::S(self.below(3).to_string())
                    };
                    item.insert(name.to_owned(), value);
                }
            }
            item
        }
    }

    /// Makes one request: a put, a deletion, an update, or a batch.
    async fn edit(opened: &OpenedStore, random: &mut Random) {
        let (client, table) = (opened.store.client(), opened.store.name());
        match random.below(4) {
            0 => drop(client.put_item().table_name(table).set_item(Some(random.item())).send().await.unwrap()),
            1 => {
                let key = items::key_attributes(&random.key());
                drop(client.delete_item().table_name(table).set_key(Some(key)).send().await.unwrap());
            }
            2 => {
                let update = client.update_item().table_name(table).update_expression("SET #code = :code REMOVE #note");
                let update =
                    update.expression_attribute_names("#code", "code").expression_attribute_names("#note", "note");
                let update =
                    update.expression_attribute_values(":code", AttributeValue::N(random.below(9).to_string()));
                let key = items::key_attributes(&random.key());
                drop(update.set_key(Some(key)).send().await.unwrap());
            }
            _ => {
                let mut requests = BTreeMap::new();
                for _ in 0..4 {
                    let item = random.item();
                    let key = items::key(&item);
                    let request = if random.below(2) == 0 {
                        let put = PutRequest::builder().set_item(Some(item)).build().unwrap();
                        WriteRequest::builder().put_request(put).build()
                    } else {
                        let delete = DeleteRequest::builder().set_key(Some(items::key_attributes(&key)));
                        WriteRequest::builder().delete_request(delete.build().unwrap()).build()
                    };
                    requests.insert(key, request);
                }
                let requests = requests.into_values().collect();
                drop(client.batch_write_item().request_items(table, requests).send().await.unwrap());
            }
        }
    }

    async fn table(opened: &OpenedStore) -> ItemsByKey {
        let mut all = ItemsByKey::new();
        scan(opened, |item| {
            all.insert(items::key(&item), item);
            Ok(())
        })
        .await
        .unwrap();
        all
    }

    fn rules(items: &ItemsByKey) -> ItemsByKey {
        items.iter().map(|(key, item)| (key.clone(), without_bookkeeping(item))).collect()
    }

    /// The state of the table at every instant is the one that the changes give, whoever made them.
    #[tokio::test]
    async fn the_changes_give_the_table_at_every_instant() {
        let settings = Settings::read(|name| (name == "PRECALL_AUTH").then(|| "none".to_owned())).unwrap();
        for seed in 0..12 {
            let opened = OpenedStore::in_memory(&settings).await.unwrap();
            let mut random = Random(seed);
            let pending = || opened.embedded.as_ref().unwrap().journal().pending().unwrap();
            // The table, and the number of changes until then.
            let mut seen = vec![(0, table(&opened).await)];
            for _ in 0..40 {
                edit(&opened, &mut random).await;
                seen.push((pending().len(), table(&opened).await));
            }
            let mut changes = pending();
            for (nth, change) in (0..).zip(&mut changes) {
                change.at = Timestamp::from_second(nth).unwrap();
            }
            let now = table(&opened).await;
            assert_eq!(missing_changes(&changes, Some(&now), Timestamp::MAX), []);
            let stored = journal_items(&changes, SignedDuration::from_hours(1)).unwrap();
            let stored = in_order(stored.iter().flat_map(|item| changes_of(&item.item).unwrap()).collect());
            assert_eq!(missing_changes(&stored, Some(&now), Timestamp::MAX), []);
            for (count, then) in seen {
                let mut rewound = now.clone();
                assert_eq!(take_back(&mut rewound, &changes[count..]), []);
                assert_eq!(rewound, then, "seed {seed}, {count} changes");
                // The journal leaves out changes of the bookkeeping alone.
                let at = i64::try_from(count).unwrap();
                let later: Vec<Change> = stored.iter().filter(|change| change.at.as_second() >= at).cloned().collect();
                let mut rewound = now.clone();
                take_back(&mut rewound, &later);
                assert_eq!(rules(&rewound), rules(&then), "seed {seed}, {count} changes, from the journal");
            }
            a_lost_change_is_missed(&changes, &now);
            opened.close().await.unwrap();
        }
    }

    /// Each change that is left out is found, unless it is the first one of its item.
    fn a_lost_change_is_missed(changes: &[Change], now: &ItemsByKey) {
        let mut known = Vec::new();
        for (nth, change) in changes.iter().enumerate() {
            let is_first = !known.contains(&&change.key);
            known.push(&change.key);
            if is_first || !change.is_noteworthy() {
                continue;
            }
            let mut rest = changes.to_vec();
            rest.remove(nth);
            let missing = missing_changes(&rest, Some(now), Timestamp::MAX);
            assert!(missing.iter().any(|missing| missing.key == change.key), "change {nth}: {change:?}");
        }
    }
}
