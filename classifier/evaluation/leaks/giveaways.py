"""Give-aways: a line, header, title pattern, site name or token that alone predicts the label."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from classifier.arrays import Ints
from classifier.articles.article import Article
from classifier.articles.boilerplate import header_block, header_lines, hosts, site
from classifier.dataset.info import Giveaway
from classifier.stats.significance import wilson

KINDS = ("header", "source name", "host", "line", "title", "token")
SEED = 13
CHANCE = 0.01  # how often a corpus may show a finding of one kind by chance (Bonferroni)
PRECISION, LIFT, RECALL = 0.9, 0.2, 0.01
TOKEN_PRECISION, TOKEN_RECALL = 0.97, 0.4
SOURCE_ARTICLES, SOURCE_PURITY, SOURCE_OWN, SOURCE_PRECISION = 5, 0.85, 0.9, 0.8
HELD_BY, NAME_HELD_BY, LIKENESS, COMMON = (0.5, 5), (0.2, 3), 0.6, 0.1
HEADER_SHARE, HEADER_ARTICLES, HEADER_SAMPLE, HEADER_LABELS = 0.3, 40, 4000, 20
SAME = 0.9
SHOWN = 80

Shown = Mapping[str, str]
"""Features of one article: as they are compared -> as they are shown."""


@dataclass(frozen=True)
class _Corpus:
    """Articles with their header blocks apart, of which copies with the same labels are one unit.

    Attributes:
        articles, headers: one by one.
        labels: all that occur.
        unit: the unit of each article, from 0, shape (articles,).
        has: which unit has which label, shape (units, labels).
    """

    articles: Sequence[Article]
    headers: tuple[tuple[str, ...], ...]
    labels: tuple[str, ...]
    unit: Ints
    has: NDArray[np.bool_]

    @property
    def base(self) -> NDArray[np.float64]:
        return np.asarray(self.has.mean(axis=0))

    def body(self, row: int) -> str:
        text = self.articles[row].text
        return text[len(header_block(text)) :] if self.headers[row] else text


@dataclass(frozen=True)
class _Found:
    """A finding with the units that hold it."""

    giveaway: Giveaway
    units: frozenset[int]

    @property
    def weight(self) -> float:
        return self.giveaway.precision * self.giveaway.recall


def find_giveaways(articles: Sequence[Article], copies: Ints | None = None, *, most: int = 20) -> tuple[Giveaway, ...]:
    r"""Find what predicts a label on its own although the label is not about it, such as a site's name.

    A feature is reported if at least 90% of the articles that hold it have the label (a token: 97%, and 40% of the
    label's articles hold it), if the lower end of the precision's 95% interval (Wilson 1927) is 20 points above the
    label's share, and if chance would bring such a feature in fewer than 1% of corpora, all features tried together
    (binomial tail, Bonferroni). A source's name counts where sources as a whole tell labels, by a permutation test.
    Copies of one text with the same labels count as one article, wherever articles are counted.

    Args:
        articles: up to 20,000 labelled articles, those for training. An article with several labels counts for each.
        copies: the same number for copies of one text, shape (articles,); None = each stands for itself.
        most: how many findings at most.

    Returns:
        Headers first, then source names, hosts, lines, titles and tokens; empty where articles have fewer than two
        labels. Of findings in the same articles, one is kept.

    Example:
        >>> articles = [Article(str(i), f"Text {i}.\n" + "Share on Pear!" * (i % 2), (str(i % 2),)) for i in range(40)]
        >>> [(found.kind, found.what, found.label, found.articles) for found in find_giveaways(articles)]
        [('line', 'Share on Pear!', '1', 20)]
    """
    corpus = _corpus(articles, np.arange(len(articles)) if copies is None else copies)
    if len(corpus.labels) < 2:
        return ()
    headers, articles = corpus.headers, corpus.articles
    alone = partial(_alone, corpus, 5 if len(corpus.has) < 1000 else 10)
    header = _header_alone(corpus)
    found = [
        *alone("header", lambda row: _header_features(headers[row])),
        *_source_names(corpus),
        *alone("host", lambda row: _hosts(corpus, row)),
        *alone("line", lambda row: _lines(corpus.body(row))),
        *alone("title", lambda row: _title_patterns(articles[row].title)),
        *alone("token", lambda row: dict.fromkeys(_words(corpus, row), "")),
    ]
    distinct = [item.giveaway for item in _merged(found)]
    return tuple(_shared_out([*([header] if header else []), *distinct], most))


def _corpus(articles: Sequence[Article], copies: Ints) -> _Corpus:
    if not any(len(article.labels) > 1 for article in articles):
        copies = copies[[bool(article.labels) for article in articles]] if len(articles) else copies
        articles = [article for article in articles if article.labels]
    labels = tuple(sorted({label for article in articles for label in article.labels}))
    has = np.array([[label in article.labels for label in labels] for article in articles], dtype=bool)
    units = np.column_stack([copies, has.reshape(len(articles), len(labels))])
    distinct, unit = np.unique(units, axis=0, return_inverse=True)
    headers = tuple(header_lines(header_block(article.text)) for article in articles)
    return _Corpus(articles, headers, labels, unit.reshape(-1).astype(np.int64), distinct[:, 1:].astype(bool))


def _alone(corpus: _Corpus, least: int, kind: str, features: Callable[[int], Shown]) -> list[_Found]:
    """Every feature in at least `least` units that alone predicts a label; the 100 with the highest recall."""
    from scipy.sparse import csr_array

    keys, units, rows = _table(features, corpus.unit)
    unique, index, counts = np.unique(keys, return_inverse=True, return_counts=True)
    often = counts >= least
    kept, number = often[index], np.cumsum(often) - 1
    entries = (np.ones(kept.sum(), dtype=np.int32), (number[index[kept]], units[kept]))
    table = csr_array(entries, shape=(int(often.sum()), len(corpus.has)))
    hits = (table @ csr_array(corpus.has.astype(np.int32))).tocoo()
    tests = table.shape[0] * len(corpus.labels)
    chosen = _telling(corpus, hits.data, counts[often][hits.row], hits.col, tests, strict=kind == "token")
    found = []
    for feature, label in zip(hits.row[chosen], hits.col[chosen], strict=True):
        holders = table.indices[table.indptr[feature] : table.indptr[feature + 1]]
        key = unique[often][feature]
        first = int(rows[keys == key].min())
        name, shown = next(item for item in features(first).items() if hash(item[0]) == key)
        found.append(_finding(corpus, kind, shown or name, int(label), holders))
    return sorted(found, key=lambda item: (-item.weight, item.giveaway.what))[:100]


def _table(features: Callable[[int], Shown], unit: Ints) -> tuple[Ints, Ints, Ints]:
    """The hash of each feature of each unit, the unit, and its first article that has it: 24 bytes an entry."""
    hashes = [np.fromiter(map(hash, features(row)), dtype=np.int64) for row in range(len(unit))]
    keys = np.concatenate([*hashes, np.empty(0, dtype=np.int64)])
    rows = np.repeat(np.arange(len(unit)), [len(part) for part in hashes])
    if len(unit) > unit.max(initial=-1) + 1:
        order = np.lexsort((rows, unit[rows], keys))
        keys, rows = keys[order], rows[order]
        new = np.append(True, (np.diff(keys) != 0) | (np.diff(unit[rows]) != 0))[: len(keys)]
        keys, rows = keys[new], rows[new]
    return keys, unit[rows], rows


def _telling(corpus: _Corpus, hits: Ints, held: Ints, label: Ints, tests: int, *, strict: bool) -> NDArray[np.bool_]:
    """Which of these features predict these labels beyond chance: `find_giveaways` says how."""
    from scipy.stats import binom

    base, total = corpus.base[label], corpus.has.sum(axis=0)[label]
    precision, recall = hits / held, hits / total
    least_precise, least_recalled = (TOKEN_PRECISION, TOKEN_RECALL) if strict else (PRECISION, RECALL)
    telling = (precision >= least_precise) & (recall >= least_recalled)
    telling &= wilson(precision, held)[0] > base + LIFT
    telling[telling] = binom.sf(hits[telling] - 1, held[telling], base[telling]) * tests < CHANCE
    return np.asarray(telling)


def _finding(
    corpus: _Corpus, kind: str, what: str, label: int, units: Iterable[int], source: str | None = None
) -> _Found:
    holders = frozenset(int(unit) for unit in units)
    hits, total = int(corpus.has[list(holders), label].sum()), int(corpus.has[:, label].sum())
    what = what if len(what) <= SHOWN else what[: SHOWN - 1].rstrip() + "…"
    name = corpus.labels[label]
    return _Found(Giveaway(kind, what, name, len(holders), hits / len(holders), hits / total, source), holders)


def _merged(found: Iterable[_Found]) -> list[_Found]:
    """Keep the most general of the findings for one label in the same articles, and no word of a line that is kept."""
    kept: list[_Found] = []
    for item in sorted(found, key=_generality):
        if not any(_covers(other, item) for other in kept):
            kept.append(item)
    return kept


def _generality(item: _Found) -> tuple[bool, int, int, int, str]:
    kind, what = item.giveaway.kind, item.giveaway.what
    return kind == "token", -len(item.units), KINDS.index(kind), len(what), what


def _covers(other: _Found, item: _Found) -> bool:
    if other.giveaway.label != item.giveaway.label:
        return False
    within = other.giveaway.what.casefold() in item.giveaway.what.casefold() or (
        item.giveaway.kind == "token" and other.giveaway.kind in ("line", "host", "source name")
    )
    return len(other.units & item.units) >= SAME * len(item.units if within else other.units | item.units)


def _shared_out(found: Sequence[Giveaway], most: int) -> list[Giveaway]:
    """The best of each kind. One kind gets at most a third of the places, and more only where others leave theirs."""
    found = sorted(found, key=lambda item: (-item.precision * item.recall, item.what, item.label))
    ranked = [[item for item in found if item.kind == kind] for kind in KINDS]
    share = max(1, most // 3)
    left = most - sum(min(len(items), share) for items in ranked)
    chosen = []
    for items in ranked:
        more = min(max(left, 0), max(len(items) - share, 0))
        left -= more
        chosen += items[: share + more]
    return chosen[:most]


def _header_features(lines: Sequence[str]) -> Shown:
    fields = {line.split(":")[0].casefold() + ":": line.split(":")[0] + ":" for line in lines}
    return {**{line.casefold(): line for line in lines}, **fields}


def _lines(body: str) -> Shown:
    lines = (" ".join(line.split()) for line in body.split("\n"))
    return {re.sub(r"\d+", "0", line.casefold()): line for line in lines if len(line) > 2}


def _title_patterns(title: str | None) -> Shown:
    title = " ".join((title or "").split())
    found = []
    for mark in (":", " |", " -", " –", " —"):
        head, sign, _ = title.partition(f"{mark} ")
        _, last_sign, tail = title.rpartition(f"{mark} ")
        found += [f"begins with '{head}{mark}'"] if sign and len(head) <= 40 else []
        found += [f"ends with '{mark} {tail}'"] if last_sign and mark != ":" and len(tail) <= 40 else []
    found += ["is in capitals"] if title.isupper() and " " in title else []
    found += [f"ends with '{title[-1]}'"] if title.endswith(("?", "!")) else []
    found += ["begins with a quotation mark"] if title.startswith(tuple("\"'“‘„«»")) else []
    return {pattern.casefold(): pattern for pattern in found}


def _hosts(corpus: _Corpus, row: int) -> Shown:
    found = hosts(f"{corpus.articles[row].title or ''}\n{corpus.body(row)}")
    return {name: name for host in found for name in (host, site(host))}


def _words(corpus: _Corpus, row: int) -> list[str]:
    return re.findall(r"[^\W_]{2,}", f"{corpus.articles[row].title or ''}\n{corpus.body(row)}".casefold())


def _phrases(corpus: _Corpus, row: int) -> set[str]:
    words = _words(corpus, row)
    return {*words, *map(" ".join, pairwise(words))}


def _source_names(corpus: _Corpus) -> list[_Found]:
    """For each source with one label, the phrase that gives it away: its own name rather than another."""
    groups: dict[str, list[int]] = defaultdict(list)
    seen: dict[tuple[int, str | None], int] = {}
    for row, article in enumerate(corpus.articles):
        seen.setdefault((int(corpus.unit[row]), article.source), row)
    once = list(seen.values())
    for row in once:
        if source := corpus.articles[row].source:
            groups[source].append(row)
    groups = {source: rows for source, rows in sorted(groups.items()) if len(rows) >= SOURCE_ARTICLES}
    units = {source: corpus.unit[rows] for source, rows in groups.items()}
    if not _sources_tell(corpus, list(units.values()), corpus.unit[once]):
        return []
    shares = {source: corpus.has[units[source]].mean(axis=0) for source in groups}
    label = {source: int(share.argmax()) for source, share in shares.items()}
    pure = [s for s in groups if shares[s].max() >= max(SOURCE_PURITY, corpus.base[label[s]] + LIFT)]
    inside = {source: _candidates(corpus, source, groups[source]) for source in pure}
    every = {phrase for phrases in inside.values() for phrase in phrases}
    anywhere: Counter[str] = Counter()
    for row in once if every else []:
        anywhere.update(_phrases(corpus, row) & every)
    limit = COMMON * len(once)
    best = {s: phrase for s in pure if (phrase := _best_phrase(inside[s], anywhere, s, limit))}
    holders: dict[str, list[int]] = defaultdict(list)
    for row in range(len(corpus.articles) if best else 0):
        for phrase in _phrases(corpus, row).intersection(best.values()):
            holders[phrase].append(int(corpus.unit[row]))
    found = [_finding(corpus, "source name", best[s], label[s], holders[best[s]], s) for s in best]
    return [item for item in found if item.giveaway.precision >= SOURCE_PRECISION]


def _sources_tell(corpus: _Corpus, groups: Sequence[Ints], every: Ints, rounds: int = 199) -> bool:
    """Whether sources hold more articles of one label than random groups of their sizes (a permutation test).

    Args:
        corpus: the articles.
        groups: the units of each source.
        every: those of all sources, and of articles without one.
        rounds: permutations.
    """
    from scipy.sparse import csr_array

    if not groups:
        return False
    sizes = [len(rows) for rows in groups]
    total = sum(sizes)
    member = csr_array((np.ones(total, dtype=np.int32), (np.repeat(np.arange(len(groups)), sizes), np.arange(total))))
    has = csr_array(corpus.has.astype(np.int32))
    rng = np.random.default_rng(SEED)

    def most(units: Ints) -> int:
        return int((member @ has[units]).max(axis=1).sum())

    real, alike = most(np.concatenate(groups)), 0
    for _ in range(rounds):
        alike += most(rng.permutation(every)[:total]) >= real
        if alike > 1:
            return False
    return True


def _candidates(corpus: _Corpus, source: str, rows: Sequence[int], sample: int = 200) -> dict[str, float]:
    """Phrases in half of a source's articles, or in a fifth if they look like its name -> in how many (an estimate)."""
    read = rows[:: 1 + (len(rows) - 1) // sample]
    counts: Counter[str] = Counter()
    for row in read:
        counts.update(_phrases(corpus, row))
    needed = {name: max(least, share * len(read)) for name, (share, least) in ((True, NAME_HELD_BY), (False, HELD_BY))}
    often = {phrase: count for phrase, count in counts.items() if count >= needed[True]}
    return {
        phrase: count * len(rows) / len(read)
        for phrase, count in often.items()
        if count >= needed[_looks_like(phrase, source)]
    }


def _best_phrase(inside: Mapping[str, float], anywhere: Mapping[str, int], source: str, limit: float) -> str:
    """The phrase hardly found elsewhere that looks like the source's name, or is in most of its articles.

    A phrase with a word that is common anywhere ("and", "see") counts only if it is part of the name ("the hill").
    """
    name = re.sub(r"[\W_]", "", source.casefold())
    own = [
        phrase
        for phrase, count in inside.items()
        if count >= SOURCE_OWN * anywhere[phrase]
        and (phrase.replace(" ", "") in name or all(anywhere[word] <= limit for word in phrase.split()))
    ]
    ranked = sorted(own, key=lambda phrase: (not _looks_like(phrase, source), -inside[phrase], len(phrase), phrase))
    return ranked[0] if ranked else ""


def _looks_like(phrase: str, source: str) -> bool:
    """Whether a phrase is a source's own name, or most of it.

    Example:
        >>> _looks_like("fox business", "www.foxbusiness.com"), _looks_like("fox", "www.foxbusiness.com")
        (True, False)
    """
    name = re.sub(r"^(?:\w+://)?(?:www\.)?", "", source.casefold()).split("/")[0]
    name = name if " " in name else name.removesuffix(site(name)) + site(name).split(".")[0]
    name, phrase = (re.sub(r"[\W_]", "", text).removeprefix("the") for text in (name, phrase))
    short, long = sorted((name, phrase), key=len)
    return len(short) > 2 and short in long and len(short) >= LIKENESS * len(long)


def _header_alone(corpus: _Corpus) -> Giveaway | None:
    """How well a linear classifier does that reads only the header lines, trained on half of them, scored on half."""
    first = np.sort(np.unique(corpus.unit, return_index=True)[1])
    rows = [int(row) for row in first if corpus.headers[row]]
    if len(rows) < max(HEADER_ARTICLES, HEADER_SHARE * len(corpus.has)):
        return None
    sample = np.random.default_rng(SEED).permutation(rows)[:HEADER_SAMPLE]
    train, test = np.array_split(sample, 2)
    has = corpus.has[corpus.unit]
    counts = has[train].sum(axis=0)
    learnt = [
        int(label) for label in np.argsort(-counts, kind="stable")[:HEADER_LABELS] if 0 < counts[label] < len(train)
    ]
    if not learnt:
        return None
    said = _said_from_headers(corpus, train, test, learnt)
    return _header_finding(corpus, rows, learnt, said, has[test][:, learnt])


def _said_from_headers(corpus: _Corpus, train: Ints, test: Ints, learnt: Sequence[int]) -> NDArray[np.bool_]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    vectors = TfidfVectorizer(sublinear_tf=True, max_features=50_000, token_pattern=r"\w+")
    model = make_pipeline(vectors, OneVsRestClassifier(LinearSVC(random_state=SEED)))
    model.fit(["\n".join(corpus.headers[row]) for row in train], corpus.has[corpus.unit[train]][:, learnt].astype(int))
    said = model.predict(["\n".join(corpus.headers[row]) for row in test])
    return np.asarray(said, dtype=bool).reshape(len(test), -1)


def _header_finding(
    corpus: _Corpus, rows: Sequence[int], learnt: Sequence[int], said: NDArray[np.bool_], true: NDArray[np.bool_]
) -> Giveaway | None:
    hits, named, total = ((said & true).sum(axis=0), said.sum(axis=0), true.sum(axis=0))
    f1 = 2 * hits / np.maximum(named + total, 1)
    best = int(f1.argmax())
    if f1.mean() < true.mean() + LIFT or not hits[best]:
        return None
    fields = Counter(line.split(":")[0] for row in rows for line in corpus.headers[row])
    names = ", ".join(name for name, _ in fields.most_common(3))
    precision, recall = float(hits[best] / named[best]), float(hits[best] / total[best])
    what = f"the header block alone ({names}, …)"
    return Giveaway("header", what[:SHOWN], corpus.labels[learnt[best]], len(rows), precision, recall)
