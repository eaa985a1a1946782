//! API keys: who may ask for what, and how much. The database has a hash of each; the key itself is shown once, when it is made.
//!
//! A key is `assay_ID_SECRET`: the id is looked up, and the secret is 256 random bits, so a plain SHA-256 hides it as well as a slow
//! hash would.

use std::fmt;
use std::str::FromStr;

use rand::RngCore as _;
use rand::rngs::OsRng;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use ulid::Ulid;
use zeroize::Zeroizing;

use crate::database::{Database, each};
use crate::error::{Error, Result};
use crate::time::now;

/// What every key begins with.
const PREFIX: &str = "assay_";

/// What a key allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// To submit jobs, and to see one's own.
    Submit,
    /// To put models and proving keys into the store.
    Upload,
    /// To read the metrics.
    Metrics,
}

impl Right {
    /// Every right and its name.
    pub const ALL: [(&str, Right); 3] =
        [("submit", Right::Submit), ("upload", Right::Upload), ("metrics", Right::Metrics)];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, right)| *right == self).map_or("", |(name, _)| name)
    }
}

impl FromStr for Right {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Right, String> {
        let found = Self::ALL.iter().find(|(name, _)| *name == text);
        found.map(|(_, right)| *right).ok_or_else(|| "a right is submit, upload or metrics".into())
    }
}

impl fmt::Display for Right {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What a key allows, and how much of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// A name for people.
    pub name: String,
    /// What it allows.
    pub rights: Vec<Right>,
    /// Most jobs submitted within a minute.
    pub per_minute: u32,
    /// Most jobs that have not ended.
    pub most_queued: u32,
}

/// A key as the database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id, which is no secret.
    pub id: String,
    /// What it allows.
    pub terms: Terms,
    /// When it was made, milliseconds since 1970.
    pub created: i64,
    /// When it was revoked, if it was.
    pub revoked: Option<i64>,
}

impl ApiKey {
    /// Whether it allows this.
    pub fn may(&self, right: Right) -> bool {
        self.terms.rights.contains(&right)
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    name: String,
    hash: String,
    rights: String,
    per_minute: i64,
    most_queued: i64,
    created: i64,
    revoked: Option<i64>,
}

impl Row {
    fn key(self) -> Result<ApiKey> {
        let number =
            |number| u32::try_from(number).map_err(|_| Error::Row("an API key's row is damaged".into()));
        let rights = self.rights.split(',').filter(|name| !name.is_empty()).map(str::parse);
        let terms = Terms {
            name: self.name,
            rights: rights.collect::<std::result::Result<_, _>>().map_err(Error::Row)?,
            per_minute: number(self.per_minute)?,
            most_queued: number(self.most_queued)?,
        };
        Ok(ApiKey { id: self.id, terms, created: self.created, revoked: self.revoked })
    }
}

impl Database {
    /// Makes a key. What is returned is the only copy of it.
    ///
    /// # Errors
    /// The database, or the system's random numbers.
    pub async fn add_key(&self, terms: &Terms) -> Result<(String, Zeroizing<String>)> {
        let mut secret = Zeroizing::new([0; 32]);
        OsRng.try_fill_bytes(&mut secret[..]).map_err(|error| Error::Internal(error.to_string()))?;
        let id = Ulid::generate().to_string().to_lowercase();
        let key = Zeroizing::new(format!("{PREFIX}{id}_{}", hex::encode(&secret[..])));
        let rights: Vec<&str> = terms.rights.iter().map(|right| right.name()).collect();
        each!(self, pool => {
            sqlx::query("INSERT INTO assay_keys VALUES ($1, $2, $3, $4, $5, $6, $7, NULL)")
                .bind(&id)
                .bind(&terms.name)
                .bind(hash(&secret[..]))
                .bind(rights.join(","))
                .bind(i64::from(terms.per_minute))
                .bind(i64::from(terms.most_queued))
                .bind(now())
                .execute(pool)
                .await
                .map(drop)
        })?;
        Ok((id, key))
    }

    /// The key that somebody shows, if it is one and was not revoked.
    ///
    /// # Errors
    /// The database.
    pub async fn key(&self, shown: &str) -> Result<Option<ApiKey>> {
        let Some((id, secret)) = shown.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_')) else {
            return Ok(None);
        };
        let mut bytes = Zeroizing::new([0; 32]);
        if hex::decode_to_slice(secret, &mut bytes[..]).is_err() {
            return Ok(None);
        }
        let sql = "SELECT * FROM assay_keys WHERE id = $1 AND revoked IS NULL";
        let row = each!(self, pool => sqlx::query_as::<_, Row>(sql).bind(id).fetch_optional(pool).await)?;
        let Some(row) = row else { return Ok(None) };
        let is_it: bool = hash(&bytes[..]).as_bytes().ct_eq(row.hash.as_bytes()).into();
        if is_it { row.key().map(Some) } else { Ok(None) }
    }

    /// All keys, the oldest first.
    ///
    /// # Errors
    /// The database.
    pub async fn keys(&self) -> Result<Vec<ApiKey>> {
        let sql = "SELECT * FROM assay_keys ORDER BY id";
        let rows = each!(self, pool => sqlx::query_as::<_, Row>(sql).fetch_all(pool).await)?;
        rows.into_iter().map(Row::key).collect()
    }

    /// Whether there is a key of this id that was not revoked.
    ///
    /// # Errors
    /// The database.
    pub async fn is_valid(&self, id: &str) -> Result<bool> {
        let sql = "SELECT id FROM assay_keys WHERE id = $1 AND revoked IS NULL";
        let found: Option<(String,)> =
            each!(self, pool => sqlx::query_as(sql).bind(id).fetch_optional(pool).await)?;
        Ok(found.is_some())
    }

    /// Revokes a key: from the next request on it is none. Its jobs go on. False where there is no such key, or it was revoked before.
    ///
    /// # Errors
    /// The database.
    pub async fn revoke_key(&self, id: &str) -> Result<bool> {
        let sql = "UPDATE assay_keys SET revoked = $2 WHERE id = $1 AND revoked IS NULL";
        let revoked = each!(self, pool => {
            sqlx::query(sql).bind(id).bind(now()).execute(pool).await.map(|done| done.rows_affected())
        })?;
        Ok(revoked == 1)
    }
}

fn hash(secret: &[u8]) -> String {
    hex::encode(Sha256::digest(secret))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::database::Place;
    use crate::secrets::Secrets;

    #[tokio::test]
    async fn keys_are_known_by_their_hash_until_they_are_revoked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let database = Database::open(&Place::File(path.clone()), &Secrets::new(&[7; 32])).await.unwrap();
        let terms = |rights: &[Right]| Terms {
            name: "a, \"b\"".into(),
            rights: rights.to_vec(),
            per_minute: 60,
            most_queued: 100,
        };
        let (id, key) = database.add_key(&terms(&[Right::Submit, Right::Metrics])).await.unwrap();
        let (other, _) = database.add_key(&terms(&[])).await.unwrap();
        let known = database.key(&key).await.unwrap().unwrap();
        assert_eq!((&known.id, &known.terms), (&id, &terms(&[Right::Submit, Right::Metrics])));
        assert!(known.may(Right::Metrics) && !known.may(Right::Upload));
        let secret = key.rsplit_once('_').unwrap().1.to_owned();
        for wrong in [
            "",
            "assay_",
            &key[..key.len() - 1],
            &key.replace(&id, &other),
            &key.replace(&secret, &"0".repeat(64)),
            &format!("{}'", &*key),
        ] {
            assert!(database.key(wrong).await.unwrap().is_none(), "{wrong}");
        }
        assert_eq!(database.keys().await.unwrap().len(), 2);
        assert!(!holds(folder.path(), &secret), "the secret is in the database's files");
        assert!(database.is_valid(&id).await.unwrap());
        assert!(database.revoke_key(&id).await.unwrap());
        assert!(!database.is_valid(&id).await.unwrap());
        assert!(!database.revoke_key(&id).await.unwrap() && !database.revoke_key("x").await.unwrap());
        assert!(database.key(&key).await.unwrap().is_none());
        assert!(database.keys().await.unwrap()[0].revoked.is_some());
    }

    /// Whether a file of the folder holds the text.
    fn holds(folder: &Path, text: &str) -> bool {
        let files =
            std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
        files.into_iter().any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
    }
}
