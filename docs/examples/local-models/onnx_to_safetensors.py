"""Makes a folder that Gatewright's kinds `ner` and `classifier` read from a BERT that somebody exported to ONNX.

    python3 onnx_to_safetensors.py model.onnx folder-with-tokenizer.json-and-config.json out

Weights keep the names that their framework gave them: of matrices, whose names an export loses, the place in the graph says
which they are. Weights in 4 bits (MatMulNBits) and in 8 bits (MatMulInteger, DequantizeLinear) become numbers of 16 bits.
Needs `onnx` and `safetensors`.
"""

import argparse
import json
import pathlib
import shutil

import numpy
import onnx
from onnx import numpy_helper
from safetensors.numpy import save_file


def of_four_bits(packed, scales, zeros, rows, columns, block):
    """A matrix of `rows` outputs and `columns` inputs; two numbers to a byte, the lower half first."""
    numbers = numpy.stack([packed & 15, packed >> 4], axis=-1).reshape(rows, -1, block).astype(numpy.float32)
    scales = scales.reshape(rows, -1, 1).astype(numpy.float32)
    middle = 8.0
    if zeros is not None:
        zeros = zeros.reshape(rows, -1)
        middle = numpy.stack([zeros & 15, zeros >> 4], axis=-1).reshape(rows, -1)[:, : scales.shape[1], None]
    return ((numbers - middle) * scales).reshape(rows, -1)[:, :columns]


def of_eight_bits(numbers, scale, zero, axis):
    """Of a tensor as a whole, or of each slice along an axis."""
    shape = [1] * numbers.ndim
    if scale.ndim and scale.size > 1:
        shape[axis] = -1
    zero = 0 if zero is None else zero.astype(numpy.float32).reshape(shape)
    return (numbers.astype(numpy.float32) - zero) * scale.reshape(shape)


def tensors_of(graph):
    """Name and numbers of every weight."""
    known = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    found = {name: numbers for name, numbers in known.items() if name.endswith((".weight", ".bias"))}
    of_products = {node.input[1] for node in graph.node if node.op_type == "MatMulInteger"}
    for name, numbers in known.items():
        if name.endswith(".weight_quantized") and name not in of_products:
            plain = name.removesuffix("_quantized")
            found[plain] = of_eight_bits(numbers, known[plain + "_scale"], known.get(plain + "_zero_point"), 0)
    plain_of = {}
    for node in graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in known:
            axis = next((attribute.i for attribute in node.attribute if attribute.name == "axis"), 1)
            inputs = [known.get(one) for one in node.input] + [None]
            plain_of[node.output[0]] = of_eight_bits(inputs[0], inputs[1], inputs[2], axis)
    known |= plain_of
    for node in graph.node:
        # "/bert/encoder/layer.0/attention/self/query/MatMul" is the weight of "bert.encoder.layer.0.attention.self.query".
        name = node.name.strip("/").rpartition("/")[0].replace("/", ".") + ".weight"
        if node.op_type == "MatMul" and node.input[1] in known:
            found[name] = known[node.input[1]].T
        elif node.op_type == "MatMulInteger" and node.input[1] in known:
            plain = node.input[1].removesuffix("_quantized")
            found[name] = of_eight_bits(known[node.input[1]], known[plain + "_scale"], known.get(plain + "_zero_point"), 1).T
        elif node.op_type == "MatMulNBits":
            sizes = {attribute.name: attribute.i for attribute in node.attribute}
            if sizes.get("bits", 4) != 4:
                raise SystemExit(f"{node.name}: weights of {sizes['bits']} bits are not known here")
            inputs = [known.get(one) for one in node.input[1:]] + [None]
            found[name] = of_four_bits(inputs[0], inputs[1], inputs[2], sizes["N"], sizes["K"], sizes["block_size"])
    lost = [name for name in found if name.endswith(".bias") and name.removesuffix("bias") + "weight" not in found]
    if lost:
        raise SystemExit(f"the weights beside {', '.join(sorted(lost)[:3])} are kept in a way that is not known here")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("onnx", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path, help="where tokenizer.json and config.json are")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--rename", action="append", default=[], metavar="OLD=NEW", help="beginnings of names that are others")
    parser.add_argument("--config", type=json.loads, default={}, metavar="JSON", help="members that config.json lacks")
    arguments = parser.parse_args()
    found = {}
    for name, numbers in tensors_of(onnx.load(arguments.onnx).graph).items():
        for old, _, new in (pair.partition("=") for pair in arguments.rename):
            if name.startswith(old):
                name = new + name[len(old) :]
                break
        found[name] = numpy.ascontiguousarray(numbers, dtype=numpy.float16)
    arguments.out.mkdir(parents=True, exist_ok=True)
    save_file(found, arguments.out / "model.safetensors")
    shutil.copy(arguments.folder / "tokenizer.json", arguments.out)
    config = arguments.folder / "config.json"
    members = json.loads(config.read_text()) if config.exists() else {}
    (arguments.out / "config.json").write_text(json.dumps(members | arguments.config, indent=2))
    print(f"{arguments.out}: {len(found)} tensors")


if __name__ == "__main__":
    main()
