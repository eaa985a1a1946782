// SPDX-License-Identifier: Apache-2.0
// Made by `assay export solidity`, assay @VERSION@. docs/other-chains.md has what it costs, how to deploy it, and what it trusts.
@WARNING@pragma solidity ^0.8.20;

/// Verifies @FORM@ proofs under one key. It keeps no state, has no owner and never changes.
/// A proof that is refused reverts. A call that returns `KEY_HASH`, or a statement's digest, was given a valid one; one that returns nothing
/// was answered by no contract: at an address without code every call succeeds.
contract @NAME@ {
@MODEL@    /// Another length than that of a proof under this key.
    error ProofLength(uint256 given);
    /// A coordinate, or a number of the statement, that is not below its field's order: it would be a second encoding.
    error NotCanonical();
    /// A point of the proof is the identity.
    error Identity();
    /// Too little gas to tell a valid proof from another: send more.
    error NotEnoughGas();
    /// The proof is of another statement or key, or was altered.
    error InvalidProof();

    /// SHA-256 of `key()`: the key's name elsewhere.
    bytes32 public constant KEY_HASH = 0x@KEY_HASH@;
    /// The circuit that the key's file claims to be of: nothing in a key shows it.
    bytes32 public constant CIRCUIT = 0x@CIRCUIT@;
    /// How the key's secrets were made, as the key's file claims: a byte beside the key, which `KEY_HASH` does not bind. Whoever made a
    /// development key can prove anything.
    string public constant SETUP = "@SETUP@";

    /// alpha 64 | beta 128 | gamma 128 | delta 128 | IC_0 64 | IC_1 64@MORE_KEY@: G1 is x | y, G2 is x.c1 | x.c0 | y.c1 | y.c0.
    bytes private constant KEY =
        hex"@KEY@";

    /// The order of the base field.
    uint256 private constant Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583;
    /// The order of the scalar field.
    uint256 private constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
    /// The most gas that a precompiled contract may take: one that refuses its input takes all that it is given. About 1.7 times
    /// what the product of pairings costs by EIP-1108, and more of the others.
    uint256 private constant POINT_GAS = 20000;
    uint256 private constant PAIRING_GAS = @PAIRING_GAS@;

    constructor() {
        require(sha256(KEY) == KEY_HASH, "the key was altered");
    }

    /// The key.
    function key() external pure returns (bytes memory) {
        return KEY;
    }
