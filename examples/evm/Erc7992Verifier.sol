// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// The parts of the draft ERC-7992 (Verifiable ML Model Inference) that a verifier reads and is.
interface IERCZKMLRegistry {
    struct ModelCommitment {
        bytes32 modelHash;
        bytes32 circuitHash;
        bytes32 vkHash;
        bytes4 proofSystemId;
        string uri;
    }

    function getModel(uint256 modelId)
        external
        view
        returns (ModelCommitment memory commitment, bool deprecated, address owner);
}

interface IERCZKMLVerifier {
    event InferenceVerified(uint256 indexed modelId, bytes32 indexed inputCommitment, bytes output, address indexed caller);

    error ModelMismatch();
    error InputCommitmentMismatch();
    error OutputMismatch();
    error UnsupportedProofSystem(bytes4 proofSystemId);
    error VerificationRefused_ModelDeprecated(uint256 modelId);

    function verifyInference(uint256 modelId, bytes32 inputCommitment, bytes calldata output, bytes calldata proof) external;
    function proofSystemOf(uint256 modelId) external view returns (bytes4);
    function registry() external view returns (address registryAddress);
}

/// A contract of `assay export solidity --model`.
interface IStatements {
    function KEY_HASH() external view returns (bytes32);
    function CIRCUIT() external view returns (bytes32);
    function LIMBS() external view returns (uint256);
    function outputAt(uint256 index) external pure returns (uint256 limb, uint256 bits, uint256 values);
    function verifyStatement(bytes calldata proof, bytes32 context, uint256[] calldata limbs)
        external
        view
        returns (uint256 digest);
}

/// One model's verifier behind the interface of ERC-7992: `modelId` must name, in the registry, the key and the circuit of the contract
/// that verifies, and the model's hash that the deployer pinned. The registry belongs to its owner and models there to theirs; what is
/// verified is fixed here. No proof shows the model's hash: the weights are constants of the circuit, of which the key is
/// claimed to be.
///
/// output          = abi.encode(uint256[] limbs of the outputs)
/// proof           = abi.encode(bytes proof, bytes32 context, uint256[] limbs of the inputs)
/// inputCommitment = keccak256(abi.encode("assay:erc7992:v1", context, limbs of the inputs))
///
/// `output` has this one encoding: an event carries bytes that were proven, and no others.
///
/// The context is the nonce that the draft asks for, and nothing here chooses or remembers it: anyone may submit anyone's proof, and submit
/// it again, and `caller` in the event is bound to nothing. What acts on an inference derives the context from its own state, as
/// TierGate does, compares `inputCommitment` with what that context gives, and notes what it has acted on.
/// An input that the model commits to is one limb, a salted commitment.
contract Erc7992Verifier is IERCZKMLVerifier {
    bytes4 public constant PROOF_SYSTEM = bytes4(keccak256("groth16-bn254-assay-v1"));

    address public immutable registry;
    IStatements public immutable statements;
    bytes32 public immutable modelHash;
    /// Limbs from the first of the outputs on.
    uint256 public immutable outputLimbs;

    constructor(address registry_, IStatements statements_, bytes32 modelHash_) {
        (uint256 first,,) = statements_.outputAt(0);
        uint256 limbs = statements_.LIMBS();
        require(0 < first && first < limbs, "inputs and outputs have limbs");
        registry = registry_;
        statements = statements_;
        modelHash = modelHash_;
        outputLimbs = limbs - first;
    }

    /// Reverts unless `proof` shows that the model maps the inputs to `output`; the verifier's own errors come through.
    function verifyInference(uint256 modelId, bytes32 inputCommitment, bytes calldata output, bytes calldata proof) external {
        checkModel(modelId);
        (bytes memory groth16, bytes32 context, uint256[] memory inputs) = abi.decode(proof, (bytes, bytes32, uint256[]));
        if (inputCommitmentOf(context, inputs) != inputCommitment) revert InputCommitmentMismatch();
        uint256[] memory outputs = abi.decode(output, (uint256[]));
        if (outputs.length != outputLimbs) revert OutputMismatch(); // else limbs could move from one side to the other
        // Decoding follows any offset and ignores what lies around: other bytes would carry what nobody proved.
        if (keccak256(output) != keccak256(abi.encode(outputs))) revert OutputMismatch();
        statements.verifyStatement(groth16, context, joined(inputs, outputs));
        emit InferenceVerified(modelId, inputCommitment, output, msg.sender);
    }

    function inputCommitmentOf(bytes32 context, uint256[] memory inputs) public pure returns (bytes32) {
        return keccak256(abi.encode("assay:erc7992:v1", context, inputs));
    }

    function proofSystemOf(uint256 modelId) external view returns (bytes4) {
        (IERCZKMLRegistry.ModelCommitment memory model,,) = IERCZKMLRegistry(registry).getModel(modelId);
        return model.proofSystemId;
    }

    /// ERC-165.
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERCZKMLVerifier).interfaceId || interfaceId == 0x01ffc9a7;
    }

    function checkModel(uint256 modelId) private view {
        (IERCZKMLRegistry.ModelCommitment memory model, bool deprecated,) = IERCZKMLRegistry(registry).getModel(modelId);
        if (deprecated) revert VerificationRefused_ModelDeprecated(modelId);
        if (model.proofSystemId != PROOF_SYSTEM) revert UnsupportedProofSystem(model.proofSystemId);
        bool same = model.vkHash == statements.KEY_HASH() && model.circuitHash == statements.CIRCUIT() && model.modelHash == modelHash;
        if (!same) revert ModelMismatch();
    }

    function joined(uint256[] memory left, uint256[] memory right) private pure returns (uint256[] memory all) {
        all = new uint256[](left.length + right.length);
        for (uint256 i = 0; i < left.length; i++) all[i] = left[i];
        for (uint256 i = 0; i < right.length; i++) all[left.length + i] = right[i];
    }
}
