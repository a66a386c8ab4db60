# First cells and small cells that declare something, for every kernel: beside kernel_bench.py, whose small cells are sums of two numbers,
# which a type checker need not see. Usage: typed.py KERNEL LANG FOLDER-OF-kernel_bench.py; prints JSON.
import json, statistics, sys

kernel, lang, folder = sys.argv[1:4]
sys.path.insert(0, folder)
import kernel_bench as kb


def cell(i):
    return f"small_{i} = {i}\nsmall_{i} + 1" if lang == "python" else f"const small_{i}: number = {i};\nsmall_{i} + 1"


firsts, later, wrong = [], [], 0
for start in range(5):
    client = kb.Client(kernel)
    try:
        client.start()
        results = [client.execute(cell(start))]
        firsts.append(results[0]["done_ms"])
        if start == 4:
            results += [client.execute(cell(100 + i)) for i in range(50)]
            later = [r["done_ms"] for r in results[11:]]
        wrong += sum(r["status"] != "ok" or r["lost_idle"] for r in results)
    finally:
        client.close()
out = dict(first_ms=statistics.median(x or 60_000 for x in firsts), small_ms=statistics.median(x or 60_000 for x in later), wrong=wrong)
print(json.dumps(out))
