use super::super::journal::{Asset, Cap};
use super::*;

const KNOWN: &[Known<'_>] = &[
    Known { program: "lending", addresses: &["creator", "debt_mint"] },
    Known { program: "feed", addresses: &[] },
];
const ADDRESS: &str = "Vote111111111111111111111111111111111111111";

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(Path::new("/etc/keeper.toml"), text, KNOWN)
}

/// The template with every setting made.
fn complete() -> String {
    let lines = Config::template(KNOWN)
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') => rest.replace(PLACEHOLDER, ADDRESS),
            _ => line.to_owned(),
        })
        .collect::<Vec<_>>();
    lines.join("\n")
}

#[test]
fn the_template_says_what_holds_without_it() {
    assert_eq!(parse(&Config::template(KNOWN)).unwrap(), parse("").unwrap());
    let config = parse("").unwrap();
    assert_eq!((config.mode, config.listen.unwrap().to_string().as_str()), (Mode::DryRun, "127.0.0.1:9184"));
    assert_eq!(config.journal, Path::new("/etc/keeper.journal"));
    assert_eq!(config.websocket.as_str(), "ws://127.0.0.1:8900");
    assert_eq!(config.caps.of(&Asset::Lamports), Cap { life: 5_000_000_000, day: 500_000_000 });
}

#[test]
fn the_template_has_every_key_and_every_setting_of_it_is_right() {
    let complete = complete();
    for (table, keys) in Config::keys() {
        let headings = [format!("[{table}]"), format!("[[{table}]]")];
        let lines = complete.lines().skip_while(|line| !headings.iter().any(|heading| line == heading));
        let section: Vec<&str> =
            lines.skip(1).take_while(|line| !line.starts_with("[[") || table == "strategy").collect();
        for key in keys {
            let is_set =
                |line: &&str| line.starts_with(&format!("{key} =")) || **line == format!("[{table}.{key}]");
            assert!(section.iter().any(is_set), "{table}.{key}");
        }
    }
    let alternatives = |key: &str, text: &str| {
        let lines = text.lines().filter(|line| !line.starts_with(&format!("{key} =")));
        lines.collect::<Vec<_>>().join("\n")
    };
    let set = alternatives("keypair", &alternatives("websocket", &complete))
        .replace("source = \"sponsored\"", "source = \"hermes\"");
    let config = parse(&set).unwrap();
    assert!(matches!(config.wallet, Wallet::Command { ref command, .. } if command.len() == 3));
    assert!(matches!(config.prices, Prices::Hermes { ref feeds, shard: 0, .. } if feeds[0][0] == 0xef));
    let mint = ADDRESS.parse().unwrap();
    assert_eq!(config.caps.of(&Asset::Token(mint)).day, 1_000_000_000);
    assert_eq!(config.tokens[&mint].lamports_per_billion, Some(1_000_000_000));
    let programs: Vec<&str> = config.strategies.iter().map(|strategy| strategy.program.as_str()).collect();
    assert_eq!(programs, ["lending", "feed"]);
    assert_eq!(config.strategies[0].addresses["debt_mint"], mint);
    assert_eq!(config.strategies[0].model, Path::new("/etc/lending.assay"));
}

/// Each wrong file, with the line, the key and a word of what would be right.
#[test]
fn what_is_wrong_is_named_by_line_and_key_with_a_remedy() {
    let strategy = "[[strategy]]\nprogram = \"lending\"\nmodel = \"a\"\nkey = \"b\"\n";
    let token = "[[token]]\nmint = \"Vote111111111111111111111111111111111111111\"\nday = 1\nlife = 1\n";
    for (text, line, key, remedy) in [
        ("\n[clutser]\n".to_owned(), 2, "clutser", "did you mean cluster?"),
        ("[keeper]\nprover = 2".into(), 2, "keeper.prover", "did you mean provers?"),
        ("[keeper]\nxyz = 2".into(), 2, "keeper.xyz", "known here: mode"),
        ("keeper = 2".into(), 1, "keeper", "[keeper]"),
        ("[strategy]\nprogram = \"feed\"".into(), 1, "strategy", "[[strategy]]"),
        ("[keeper]\nmode = \"dryrun\"".into(), 2, "keeper.mode", "did you mean \"dry-run\"?"),
        ("[keeper]\nmode = true".into(), 2, "keeper.mode", "\"dry-run\" or \"live\""),
        ("[keeper]\nworkers = 0".into(), 2, "keeper.workers", "from 2 to 256"),
        // The half that upkeep takes would be all.
        ("[keeper]\nworkers = 1".into(), 2, "keeper.workers", "from 2"),
        ("[keeper]\nworkers = \"8\"".into(), 2, "keeper.workers", "whole number"),
        ("[keeper]\nworkers = -1".into(), 2, "keeper.workers", "from 2"),
        // Longer than the silence after which nothing is begun, or nearer than what is read ever is: nothing would ever be done.
        ("[keeper]\npoll_millis = 20000".into(), 2, "keeper.poll_millis", "to 5000"),
        ("[metrics]\nmost_lag_slots = 1".into(), 2, "metrics.most_lag_slots", "from 10"),
        (
            "[cluster]\ncommitment = \"finalized\"\n[metrics]\nmost_lag_slots = 32".into(),
            4,
            "metrics.most_lag_slots",
            "from 64",
        ),
        ("[metrics]\nmost_silence_seconds = 1".into(), 2, "metrics.most_silence_seconds", "from 10"),
        ("[caps]\nlamports_day = 18446744073709551616".into(), 2, "caps.lamports_day", "0 or more"),
        ("[caps]\nlamports_day = 0.5".into(), 2, "caps.lamports_day", "whole number"),
        ("[keeper]\njournal = \"\"".into(), 2, "keeper.journal", "path"),
        ("[cluster]\nurl = \"ftp://x\"".into(), 2, "cluster.url", "http address"),
        ("[cluster]\nurl = 5".into(), 2, "cluster.url", "http address"),
        ("[cluster]\nwebsocket = \"http://x\"".into(), 2, "cluster.websocket", "wss://"),
        ("[cluster]\nyellowstone = \"x:443\"".into(), 2, "cluster.yellowstone", "https://"),
        (
            "[cluster]\nyellowstone_token = \"t\"".into(),
            2,
            "cluster.yellowstone_token",
            "cluster.yellowstone",
        ),
        ("[cluster]\ncommitment = \"processed\"".into(), 2, "cluster.commitment", "\"finalized\""),
        ("[fees]\nprice = \"much\"".into(), 2, "fees.price", "\"auto\""),
        ("[fees]\nmost_price = 10\nprice = 11".into(), 3, "fees.price", "to 10"),
        ("[fees]\npercent_of_profit = 101".into(), 2, "fees.percent_of_profit", "to 33"),
        // Three fees and a tip come to more than the gain.
        (
            format!("[bundle]\nurl = \"https://x\"\ntip_account = \"{ADDRESS}\"\ntip_percent = 26"),
            4,
            "bundle.tip_percent",
            "from 1 to 25",
        ),
        ("[caps]\nlamports_day = 10\nlamports_life = 9".into(), 3, "caps.lamports_life", "for a day"),
        ("[caps]\nlamports_day = 5000000001".into(), 2, "caps.lamports_day", "for a day"),
        (token.replace("day = 1", "day = 2"), 4, "token.life", "for a day"),
        (
            "[cluster]\nwebsocket = \"ws://x\"\nyellowstone = \"https://x\"".into(),
            2,
            "cluster.websocket",
            "remove one",
        ),
        (
            "[cluster]\nyellowstone = \"http://x\"\nyellowstone_token = \"t\"".into(),
            3,
            "cluster.yellowstone_token",
            "https://",
        ),
        ("[wallet]\naddress = \"x\"".into(), 2, "wallet.address", "name the command"),
        ("[wallet]\ncommand = []\n".into(), 2, "wallet.command", "command and its arguments"),
        ("[wallet]\ncommand = \"x\"\n".into(), 2, "wallet.command", "list of strings"),
        ("[wallet]\ncommand = [\"x\"]\nkeypair = \"y\"".into(), 3, "wallet.keypair", "remove one"),
        ("\n[wallet]\ncommand = [\"x\"]\n".into(), 2, "wallet.address", "whose signatures"),
        ("[metrics]\nlisten = \"localhost\"".into(), 2, "metrics.listen", "127.0.0.1:9184"),
        ("[log]\nformat = \"jsn\"".into(), 2, "log.format", "did you mean \"json\"?"),
        ("[prices]\nfeeds = []".into(), 2, "prices.feeds", "source = \"hermes\""),
        ("[prices]\nage_seconds = 5".into(), 2, "prices.age_seconds", "source = \"hermes\""),
        ("[prices]\nsource = \"hermes\"".into(), 1, "prices.feeds", "list the ids"),
        ("[prices]\nsource = \"hermes\"\nfeeds = [\n\"0x12\"]".into(), 4, "prices.feeds", "64 hexadecimal"),
        ("[prices]\nsource = \"hermes\"\nfeeds = []".into(), 3, "prices.feeds", "from 1 to 64"),
        ("[[token]]\nmint = \"x\"".into(), 2, "token.mint", "base58"),
        ("[[token]]\nday = 1".into(), 1, "token.mint", "mint"),
        (format!("{token}{token}"), 6, "token.mint", "one [[token]]"),
        (strategy.replace("lending", "landing"), 2, "strategy.program", "did you mean \"lending\"?"),
        (strategy.replace("model", "modle"), 3, "strategy.modle", "did you mean model?"),
        (strategy.replace("key = \"b\"", ""), 1, "strategy.key", ".pk"),
        (
            format!("{strategy}[strategy.addresses]\ncreater = \"x\""),
            6,
            "strategy.addresses.creater",
            "creator",
        ),
        (
            format!("{strategy}[strategy.addresses]\ncreator = \"ADDRESS\""),
            6,
            "strategy.addresses.creator",
            "base58",
        ),
        (
            format!("{}[strategy.addresses]\nx = \"y\"", strategy.replace("lending", "feed")),
            6,
            "strategy.addresses.x",
            "remove",
        ),
        ("[keeper]\nmode = \"live\"\nmode = \"live\"".into(), 3, "", "toml.io"),
        ("[keeper\n".into(), 1, "", "toml.io"),
    ] {
        let error = parse(&text).expect_err(&text);
        assert_eq!((error.line, error.key.as_str()), (Some(line), key), "{text}\n{error}");
        assert!(error.remedy.contains(remedy), "{text}\n{error}");
        assert!(error.to_string().starts_with(&format!("/etc/keeper.toml:{line}: ")), "{error}");
    }
}

#[test]
fn secrets_stay_out_of_errors_and_debug() {
    let text = "[cluster]\nurl = \"https://x.example/secret\"\n";
    assert!(!format!("{:?}", parse(text).unwrap()).contains("secret"));
    let wrong = parse(&text.replace("https", "wss")).unwrap_err();
    assert!(!wrong.to_string().contains("secret"), "{wrong}");
}

#[test]
fn a_file_without_a_strategy_is_refused_and_a_missing_one_says_how_to_get_one() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("keeper.toml");
    assert!(Config::read(&path, KNOWN).unwrap_err().to_string().contains("assay keeper init"));
    std::fs::write(&path, Config::template(KNOWN)).unwrap();
    assert!(Config::read(&path, KNOWN).unwrap_err().remedy.contains("[[strategy]]"));
}
