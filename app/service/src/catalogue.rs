//! What the store's files are: models, proving keys and the verifying keys in them. A file is looked at before it is taken: what stands
//! here of one is what was found in it.

use std::path::Path;

use assay::{Keys, Model, SetupKind, ValidatedKeys};
use assay_interface::schema::{TensorSchema, Visibility};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::database::{Database, each};
use crate::error::{Error, Result};
use crate::store::{Store, digest_of};
use crate::time::now;

/// What a file of the store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A compiled model, `.assay`.
    Model,
    /// A proving key, `.pk`.
    ProvingKey,
    /// A verifying key, `.vk`.
    VerifyingKey,
}

impl Kind {
    /// Every kind and its name.
    const ALL: [(&str, Kind); 3] =
        [("model", Kind::Model), ("proving-key", Kind::ProvingKey), ("verifying-key", Kind::VerifyingKey)];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

/// A tensor of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TensorView {
    /// Its name.
    pub name: String,
    /// Its elements.
    pub elements: usize,
    /// `public`, `committed` or `member`.
    pub visibility: String,
}

/// A proving key of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyView {
    /// SHA-256 of the `.pk` file: what jobs name.
    pub digest: String,
    /// SHA-256 of the `.vk` file, which can be downloaded.
    pub verifying_key: String,
    /// The digest by which proofs name their key.
    pub key: String,
    /// `development` or `ceremony`.
    pub setup: String,
    /// Bytes of the `.pk` file.
    pub bytes: u64,
}

/// A model and its keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ModelView {
    /// SHA-256 of the `.assay` file: what jobs name.
    pub digest: String,
    /// The model's name.
    pub name: String,
    /// The circuit's digest, by which keys name it.
    pub circuit: String,
    /// Bytes of the `.assay` file.
    pub bytes: u64,
    /// What it takes.
    pub inputs: Vec<TensorView>,
    /// What it gives.
    pub outputs: Vec<TensorView>,
    /// Names of all elements of the inputs, in order.
    pub features: Vec<String>,
    /// Keys for its circuit.
    pub keys: Vec<KeyView>,
}

/// What is known of a model beside its columns.
#[derive(Serialize, Deserialize)]
struct About {
    inputs: Vec<TensorView>,
    outputs: Vec<TensorView>,
    features: Vec<String>,
}

/// What is known of a key.
#[derive(Serialize, Deserialize)]
struct AboutKey {
    key: String,
    setup: String,
}

/// Why a file is not taken.
#[derive(Debug)]
pub enum Refused {
    /// The service failed.
    Failed(Error),
    /// The file is no such artifact.
    Artifact(assay::Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Refused {
        Refused::Failed(error)
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    digest: String,
    kind: String,
    bytes: i64,
    name: String,
    circuit: String,
    vk: Option<String>,
    about: String,
}

/// Takes a model's file into the store. Again is no error.
///
/// # Errors
/// [`Refused::Artifact`] for bytes that are no model; or store or database.
pub async fn take_model(
    database: &Database,
    store: &Store,
    path: &Path,
) -> std::result::Result<ModelView, Refused> {
    let file = path.to_owned();
    let read = blocking(move || {
        let model = Model::open(&file).map_err(Refused::Artifact)?;
        Ok::<_, Refused>((digest_of(&file)?, length(&file)?, view_of(&model), model))
    });
    let (digest, bytes, about, model) = read.await??;
    store.put(&digest, path).await?;
    let row = Row {
        digest: digest.clone(),
        kind: Kind::Model.name().into(),
        bytes,
        name: model.name().into(),
        circuit: hex::encode(model.circuit_digest()),
        vk: None,
        about: json(&about)?,
    };
    database.enter(&row).await?;
    Ok(database.model(&digest).await?.ok_or_else(|| Error::Row(format!("model {digest} was deleted")))?)
}

/// Takes a proving key's file, and the verifying key in it, into the store. Every point is checked. Again is no error.
///
/// # Errors
/// [`Refused::Artifact`] for bytes that are no key; or store or database.
pub async fn take_key(
    database: &Database,
    store: &Store,
    path: &Path,
    scratch: &Path,
) -> std::result::Result<KeyView, Refused> {
    let (file, folder) = (path.to_owned(), scratch.to_owned());
    let read = blocking(move || {
        let keys = Keys::open(&file, &ValidatedKeys::none()).map_err(Refused::Artifact)?;
        let mut vk = tempfile::NamedTempFile::new_in(&folder).map_err(Error::file(&folder))?;
        let bytes = keys.verifying_key().to_bytes();
        std::io::Write::write_all(&mut vk, &bytes).map_err(Error::file(vk.path()))?;
        Ok::<_, Refused>((
            digest_of(&file)?,
            length(&file)?,
            digest_of(vk.path())?,
            length(vk.path())?,
            vk,
            keys,
        ))
    });
    let (digest, bytes, vk_digest, vk_bytes, vk, keys) = read.await??;
    store.put(&vk_digest, vk.path()).await?;
    store.put(&digest, path).await?;
    let setup = match keys.setup_kind() {
        SetupKind::Development => "development",
        SetupKind::Ceremony => "ceremony",
    };
    let about = AboutKey { key: hex::encode(keys.verifying_key().digest()), setup: setup.into() };
    let circuit = hex::encode(keys.verifying_key().circuit_digest());
    let row = |digest: &str, kind: Kind, bytes, vk: Option<&str>| {
        Ok::<_, Error>(Row {
            digest: digest.into(),
            kind: kind.name().into(),
            bytes,
            name: String::new(),
            circuit: circuit.clone(),
            vk: vk.map(String::from),
            about: json(&about)?,
        })
    };
    database.enter(&row(&vk_digest, Kind::VerifyingKey, vk_bytes, None)?).await?;
    database.enter(&row(&digest, Kind::ProvingKey, bytes, Some(&vk_digest))?).await?;
    Ok(key_view(row(&digest, Kind::ProvingKey, bytes, Some(&vk_digest))?)?)
}

impl Database {
    async fn enter(&self, row: &Row) -> Result<()> {
        let sql =
            "INSERT INTO assay_artifacts VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
        each!(self, pool => {
            sqlx::query(sql)
                .bind(&row.digest)
                .bind(&row.kind)
                .bind(row.bytes)
                .bind(&row.name)
                .bind(&row.circuit)
                .bind(&row.vk)
                .bind(&row.about)
                .bind(now())
                .execute(pool)
                .await
                .map(drop)
        })?;
        Ok(())
    }

    /// All models with their keys, the newest first.
    ///
    /// # Errors
    /// The database.
    pub async fn models(&self) -> Result<Vec<ModelView>> {
        let sql = "SELECT * FROM assay_artifacts WHERE kind <> 'verifying-key' ORDER BY created DESC, digest";
        let rows: Vec<Row> = each!(self, pool => sqlx::query_as(sql).fetch_all(pool).await)?;
        let (models, keys): (Vec<Row>, Vec<Row>) =
            rows.into_iter().partition(|row| row.kind == Kind::Model.name());
        let mut views = models.into_iter().map(model_view).collect::<Result<Vec<_>>>()?;
        for row in keys {
            let circuit = row.circuit.clone();
            let key = key_view(row)?;
            views
                .iter_mut()
                .filter(|view| view.circuit == circuit)
                .for_each(|view| view.keys.push(key.clone()));
        }
        Ok(views)
    }

    /// A model with its keys.
    ///
    /// # Errors
    /// The database.
    pub async fn model(&self, digest: &str) -> Result<Option<ModelView>> {
        let sql = "SELECT * FROM assay_artifacts WHERE digest = $1 AND kind = 'model'";
        let row: Option<Row> =
            each!(self, pool => sqlx::query_as(sql).bind(digest).fetch_optional(pool).await)?;
        let Some(row) = row else { return Ok(None) };
        let sql = "SELECT * FROM assay_artifacts WHERE circuit = $1 AND kind = 'proving-key' ORDER BY created DESC, digest";
        let keys: Vec<Row> =
            each!(self, pool => sqlx::query_as(sql).bind(&row.circuit).fetch_all(pool).await)?;
        let mut view = model_view(row)?;
        view.keys = keys.into_iter().map(key_view).collect::<Result<_>>()?;
        Ok(Some(view))
    }

    /// The circuit of a file of this kind, if there is one.
    ///
    /// # Errors
    /// The database.
    pub async fn circuit(&self, digest: &str, kind: Kind) -> Result<Option<String>> {
        let sql = "SELECT circuit FROM assay_artifacts WHERE digest = $1 AND kind = $2";
        let found: Option<(String,)> = each!(self, pool => {
            sqlx::query_as(sql).bind(digest).bind(kind.name()).fetch_optional(pool).await
        })?;
        Ok(found.map(|(circuit,)| circuit))
    }

    /// How many bytes the store's file of this digest has, if it was entered.
    ///
    /// # Errors
    /// The database.
    pub async fn entered(&self, digest: &str) -> Result<Option<u64>> {
        let sql = "SELECT bytes FROM assay_artifacts WHERE digest = $1";
        let found: Option<(i64,)> =
            each!(self, pool => sqlx::query_as(sql).bind(digest).fetch_optional(pool).await)?;
        Ok(found.map(|(bytes,)| u64::try_from(bytes).unwrap_or_default()))
    }

    /// The files that were entered last, at most so many.
    ///
    /// # Errors
    /// The database.
    pub async fn newest(&self, most: i64) -> Result<Vec<String>> {
        let sql = "SELECT digest FROM assay_artifacts ORDER BY created DESC LIMIT $1";
        let found: Vec<(String,)> =
            each!(self, pool => sqlx::query_as(sql).bind(most).fetch_all(pool).await)?;
        Ok(found.into_iter().map(|(digest,)| digest).collect())
    }
}

fn view_of(model: &Model) -> About {
    let tensors = |tensors: &[_]| tensors.iter().map(tensor).collect();
    About {
        inputs: tensors(model.schema().inputs()),
        outputs: tensors(model.schema().outputs()),
        features: model.features().iter().map(|feature| feature.name.clone()).collect(),
    }
}

fn tensor(schema: &TensorSchema) -> TensorView {
    let visibility = match schema.visibility {
        Visibility::Public => "public",
        Visibility::Committed => "committed",
        Visibility::Member { .. } => "member",
    };
    TensorView { name: schema.name.clone(), elements: schema.elements(), visibility: visibility.into() }
}

fn model_view(row: Row) -> Result<ModelView> {
    let About { inputs, outputs, features } = parse(&row)?;
    let bytes = u64::try_from(row.bytes).unwrap_or_default();
    let Row { digest, name, circuit, .. } = row;
    Ok(ModelView { digest, name, circuit, bytes, inputs, outputs, features, keys: Vec::new() })
}

fn key_view(row: Row) -> Result<KeyView> {
    let AboutKey { key, setup } = parse(&row)?;
    let bytes = u64::try_from(row.bytes).unwrap_or_default();
    Ok(KeyView { digest: row.digest, verifying_key: row.vk.unwrap_or_default(), key, setup, bytes })
}

fn parse<T: for<'de> Deserialize<'de>>(row: &Row) -> Result<T> {
    serde_json::from_str(&row.about)
        .map_err(|_| Error::Row(format!("the row of artifact {} is damaged", row.digest)))
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Internal(error.to_string()))
}

fn length(path: &Path) -> Result<i64> {
    let length = std::fs::metadata(path).map_err(Error::file(path))?.len();
    Ok(i64::try_from(length).unwrap_or(i64::MAX))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Internal(error.to_string()))
}
