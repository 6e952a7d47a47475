"""What fraction of the machine's matrix-product rate the first layer reaches: a batch of 600 through 784-2048, the product X W and
the weight gradient X^T D, on one thread beside OpenBLAS's sgemm, after checking that all agree. X is real images, and random
pixels of which a given share is lit. Each is multiplied twice, as sparse and as dense rows, whichever the evaluator would choose.
Rates count all 2 x 600 x 784 x 2048 operations, also those that dark pixels save. Making the weights is in neither's time; OpenBLAS
reads W row by row, the evaluator has it panel by panel.
Usage: bench/products.sh [MNIST_FOLDER] [--rounds N] [--json FILE]"""
import statistics

import common

PRODUCTS = {"product": "X W", "gradient": "X^T D"}
FORMS = ("sparse", "dense")


def gflops(operations, seconds):
    return operations / statistics.median(seconds) / 1e9


def fraction(case, form, product):
    """Of OpenBLAS's rate: median of the rounds' ratios, each between neighbours in time."""
    pairs = zip(case["seconds"][f"blas_{product}"], case["seconds"][f"{form}_{product}"])
    return statistics.median(blas / ours for blas, ours in pairs)


def time_of(case, form, products):
    """Relative to OpenBLAS."""
    return sum(1 / fraction(case, form, product) for product in products)


def crossing(cases, products):
    """The share of lit random pixels above which dense rows are faster: between two measured ones on a straight line."""
    points = sorted((case["density"], time_of(case, "sparse", products) - time_of(case, "dense", products))
                    for case in cases if case["name"] == "random")
    for (d1, t1), (d2, t2) in zip(points, points[1:]):
        if t1 <= 0 < t2:
            return d1 - t1 * (d2 - d1) / (t2 - t1)
    return None


def row_of(case, operations):
    chosen = "dense" if case["blocks_chosen_dense"] > case["blocks"] / 2 else "sparse"
    row = [case["name"], f"{100 * case['density']:.1f}", chosen, 1e3 * statistics.median(case["seconds"]["build"])]
    for product in PRODUCTS:
        row.append(gflops(operations, case["seconds"][f"blas_{product}"]))
        for form in FORMS:
            row += [gflops(operations, case["seconds"][f"{form}_{product}"]), f"{fraction(case, form, product):.2f}"]
    return row


def print_report(result, crossings):
    n_samples, n_inputs, n_outputs = result["shape"]
    peak = gflops(result["multiply_adds"]["operations"], result["multiply_adds"]["seconds"])
    blas = {product: statistics.median(gflops(result["operations"], case["seconds"][f"blas_{product}"]) for case in result["cases"])
            for product in PRODUCTS}
    lit = next((case for case in result["cases"] if case["name"] == "random" and case["density"] == 1), None)
    n_rounds = len(result["multiply_adds"]["seconds"])
    print(f"\nBatch of {n_samples}, {n_inputs} to {n_outputs} neurons, one thread, medians of {n_rounds} rounds.\n"
          f"Multiply-adds in registers ({result['instruction_set']}): {peak:.1f} GFLOP/s. {result['openblas']}: "
          f"X W {blas['product']:.1f}, X^T D {blas['gradient']:.1f} GFLOP/s.")
    if lit:
        print("Dense rows reach " + " and ".join(f"{100 * fraction(lit, 'dense', product):.0f} % of OpenBLAS for {name}"
                                                 for product, name in PRODUCTS.items()) + ".")
    worst = {product: max(case["largest_difference"][f"{form}_{product}"] for case in result["cases"] for form in FORMS)
             for product in PRODUCTS}
    print("Largest difference from OpenBLAS relative to the sum of magnitudes: "
          + ", ".join(f"{name} {worst[product]:.1e} (bound {result['bounds'][product]:.1e})" for product, name in PRODUCTS.items())
          + ".\n\nGFLOP/s, and fraction of OpenBLAS in the same rounds:")
    head = ["inputs", "% lit", "chosen", "build ms"]
    for name in PRODUCTS.values():
        head += [f"{name}: OpenBLAS", "sparse", "", "dense", ""]
    common.print_table(head, [row_of(case, result["operations"]) for case in result["cases"]])
    shown = {name: "nowhere" if at is None else f"{100 * at:.0f} %" for name, at in crossings.items()}
    print("\nDense rows are faster where more pixels are lit than: " + ", ".join(f"{name} {at}" for name, at in shown.items())
          + f". The evaluator changes over at {100 * result['densest_sparse']:.0f} %.")


def main():
    parser = common.parser_for(__doc__, rounds=9, threads="1")
    parser.add_argument("--densities", default="0.05,0.1,0.19,0.3,0.5,0.6,0.75,1", help="shares of random pixels that are lit")
    parser.add_argument("--batch", type=int, default=600)
    parser.add_argument("--hidden", type=int, default=2048)
    options = parser.parse_args()
    if options.threads != [1]:
        parser.error("products are timed on one thread")
    result = common.loci_bench("products", "--preset", "mlp-3d", *common.data_options(options), "--seed", options.seed,
                               "--batch-size", options.batch, "--hidden", options.hidden, "--rounds", options.rounds,
                               "--densities", options.densities)
    crossings = {name: crossing(result["cases"], products)
                 for name, products in {**{name: [product] for product, name in PRODUCTS.items()}, "both": list(PRODUCTS)}.items()}
    print_report(result, crossings)
    common.finish(options, {"crossings": crossings, "result": result})


if __name__ == "__main__":
    main()
