// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// A contract of `assay export solidity --model`.
interface IStatements {
    function verifyStatement(bytes calldata proof, bytes32 context, uint256[] calldata limbs)
        external
        view
        returns (uint256 digest);
    function outputAt(uint256 index) external pure returns (uint256 limb, uint256 bits, uint256 values);
    function valueOf(uint256 limb, uint256 bits, uint256 position) external pure returns (int256);
    function KEY_HASH() external view returns (bytes32);
}

/// Lets a borrower in by a proven tier: an example of what acts on a proof must do.
///
/// Verifying is not enough. A proof is of one statement, so this contract (1) makes the context itself, of chain, contract,
/// borrower and a nonce, so that nobody else's proof and no earlier one opens anything; (2) reads the output from the limbs
/// that were verified, not from an argument beside them, and at the place and width that the model's contract has for it: read under
/// too large a width every tier would be a low one, and everybody would be let in; and (3) leaves to its deployer which verifier, and
/// which key, it believes.
/// The features are the borrower's word here: a contract that knows them compares them with the first limb.
contract TierGate {
    error TierTooHigh(int256 tier);
    /// The limb has bits above a tier's: it is no tier.
    error NotOneTier(uint256 limb);

    IStatements public immutable verifier;
    /// The limb of the tier, the one value of the model's first output, and its bits: as the verifier says.
    uint256 public immutable tierLimb;
    uint256 public immutable tierBits;
    /// Tiers up to this one are let in.
    int256 public immutable highest;

    mapping(address => uint256) public nonces;
    mapping(address => bool) public admitted;

    /// `keyHash` names the key whose proofs the deployer believes, by `assay inspect` of a key that it knows the making of. The verifier's
    /// `SETUP` and `CIRCUIT` are no substitute: they are what the key's file claims.
    constructor(IStatements verifier_, bytes32 keyHash, int256 highest_) {
        require(verifier_.KEY_HASH() == keyHash, "a verifier of another key");
        (uint256 limb, uint256 bits, uint256 values) = verifier_.outputAt(0);
        require(values == 1, "the model's first output is no single tier");
        verifier = verifier_;
        tierLimb = limb;
        tierBits = bits;
        highest = highest_;
    }

    /// What the borrower's next proof must have been made with: `assay prove --context`.
    function contextOf(address borrower) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), borrower, nonces[borrower]));
    }

    function enter(bytes calldata proof, uint256[] calldata limbs) external {
        verifier.verifyStatement(proof, contextOf(msg.sender), limbs);
        uint256 limb = limbs[tierLimb];
        if (limb >> tierBits != 0) revert NotOneTier(limb);
        int256 tier = verifier.valueOf(limb, tierBits, 0);
        if (tier > highest) revert TierTooHigh(tier);
        nonces[msg.sender]++;
        admitted[msg.sender] = true;
    }
}
