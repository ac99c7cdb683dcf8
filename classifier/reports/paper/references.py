"""The works that a methods text cites, as BibTeX; their places in the code name the same sources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from classifier._version import DISTRIBUTION

CITED = re.compile(r"\[@([a-z0-9]+)\]")
AUTHORS = "The article-classifier authors"  # as in CITATION.cff and pyproject.toml
LICENCE = "Apache-2.0"
PACKAGE = "articleclassifier"


@dataclass(frozen=True)
class Reference:
    """A work.

    Attributes:
        kind: of BibTeX: ``article``, ``inproceedings``, ``book``, ``misc``, …
        words: how a text names it: ``Rubin, 1981``.
        fields: of BibTeX.
    """

    kind: str
    words: str
    fields: Mapping[str, str]


def _work(kind: str, words: str, author: str, title: str, **more: str) -> Reference:
    return Reference(kind, words, {"author": author, "title": title, "year": words[-4:], **more})


def _preprint(words: str, author: str, title: str, number: str) -> Reference:
    return _work("misc", words, author, title, eprint=number, archiveprefix="arXiv")


REFERENCES: Mapping[str, Reference] = {
    "alexandari2020": _work(
        "inproceedings",
        "Alexandari et al., 2020",
        "Alexandari, Amr and Kundaje, Anshul and Shrikumar, Avanti",
        "Maximum likelihood with bias-corrected calibration is hard-to-beat at label shift adaptation",
        booktitle="International Conference on Machine Learning",
        eprint="1901.06852",
        archiveprefix="arXiv",
    ),
    "angelopoulos2021": _preprint(
        "Angelopoulos et al., 2021",
        "Angelopoulos, Anastasios N. and Bates, Stephen and Cand{\\`e}s, Emmanuel and Jordan, Michael and Lei, Lihua",
        "Learn then Test: Calibrating predictive algorithms to achieve risk control",
        "2110.01052",
    ),
    "bengio2004": _work(
        "article",
        "Bengio and Grandvalet, 2004",
        "Bengio, Yoshua and Grandvalet, Yves",
        "No unbiased estimator of the variance of k-fold cross-validation",
        journal="Journal of Machine Learning Research",
        volume="5",
    ),
    "berger1982": _work(
        "article",
        "Berger, 1982",
        "Berger, Roger L.",
        "Multiparameter hypothesis testing and acceptance sampling",
        journal="Technometrics",
        volume="24",
    ),
    "broder1997": _work(
        "inproceedings",
        "Broder, 1997",
        "Broder, Andrei Z.",
        "On the resemblance and containment of documents",
        booktitle="Proceedings of Compression and Complexity of SEQUENCES 1997",
    ),
    "cameron2008": _work(
        "article",
        "Cameron et al., 2008",
        "Cameron, A. Colin and Gelbach, Jonah B. and Miller, Douglas L.",
        "Bootstrap-based improvements for inference with clustered errors",
        journal="Review of Economics and Statistics",
        volume="90",
    ),
    "cameron2011": _work(
        "article",
        "Cameron et al., 2011",
        "Cameron, A. Colin and Gelbach, Jonah B. and Miller, Douglas L.",
        "Robust inference with multiway clustering",
        journal="Journal of Business & Economic Statistics",
        volume="29",
    ),
    "conneau2017": _work(
        "inproceedings",
        "Conneau et al., 2017",
        "Conneau, Alexis and Kiela, Douwe and Schwenk, Holger and Barrault, Loïc and Bordes, Antoine",
        "Supervised learning of universal sentence representations from natural language inference data",
        booktitle="Proceedings of EMNLP",
        eprint="1705.02364",
        archiveprefix="arXiv",
    ),
    "goutte2005": _work(
        "inproceedings",
        "Goutte and Gaussier, 2005",
        "Goutte, Cyril and Gaussier, Eric",
        "A probabilistic interpretation of precision, recall and F-score, with implication for evaluation",
        booktitle="Advances in Information Retrieval (ECIR)",
    ),
    "guo2017": _work(
        "inproceedings",
        "Guo et al., 2017",
        "Guo, Chuan and Pleiss, Geoff and Sun, Yu and Weinberger, Kilian Q.",
        "On calibration of modern neural networks",
        booktitle="International Conference on Machine Learning",
        eprint="1706.04599",
        archiveprefix="arXiv",
    ),
    "hinton2015": _preprint(
        "Hinton et al., 2015",
        "Hinton, Geoffrey and Vinyals, Oriol and Dean, Jeff",
        "Distilling the knowledge in a neural network",
        "1503.02531",
    ),
    "kish1965": _work("book", "Kish, 1965", "Kish, Leslie", "Survey Sampling", publisher="Wiley"),
    "korn1998": _work(
        "article",
        "Korn and Graubard, 1998",
        "Korn, Edward L. and Graubard, Barry I.",
        "Confidence intervals for proportions with small expected number of positive counts estimated from survey data",
        journal="Survey Methodology",
        volume="24",
    ),
    "izmailov2018": _work(
        "inproceedings",
        "Izmailov et al., 2018",
        "Izmailov, Pavel and Podoprikhin, Dmitrii and Garipov, Timur and Vetrov, Dmitry and Wilson, Andrew Gordon",
        "Averaging weights leads to wider optima and better generalization",
        booktitle="Conference on Uncertainty in Artificial Intelligence",
        eprint="1803.05407",
        archiveprefix="arXiv",
    ),
    "jawahar2019": _work(
        "inproceedings",
        "Jawahar et al., 2019",
        "Jawahar, Ganesh and Sagot, Benoît and Seddah, Djamé",
        "What does BERT learn about the structure of language?",
        booktitle="Proceedings of ACL",
    ),
    "krippendorff2011": _work(
        "misc",
        "Krippendorff, 2011",
        "Krippendorff, Klaus",
        "Computing Krippendorff's alpha-reliability",
        url="https://repository.upenn.edu/asc_papers/43",
    ),
    "lee2013": _work(
        "inproceedings",
        "Lee, 2013",
        "Lee, Dong-Hyun",
        "Pseudo-label: The simple and efficient semi-supervised learning method for deep neural networks",
        booktitle="ICML Workshop on Challenges in Representation Learning",
    ),
    "lee2023": _preprint(
        "Lee et al., 2023",
        "Lee, Yonghoon and Barber, Rina Foygel and Willett, Rebecca",
        "Distribution-free inference with hierarchical data",
        "2306.06342",
    ),
    "loshchilov2019": _work(
        "inproceedings",
        "Loshchilov and Hutter, 2019",
        "Loshchilov, Ilya and Hutter, Frank",
        "Decoupled weight decay regularization",
        booktitle="International Conference on Learning Representations",
        eprint="1711.05101",
        archiveprefix="arXiv",
    ),
    "nadeau2003": _work(
        "article",
        "Nadeau and Bengio, 2003",
        "Nadeau, Claude and Bengio, Yoshua",
        "Inference for the generalization error",
        journal="Machine Learning",
        volume="52",
    ),
    "owen2012": _work(
        "article",
        "Owen and Eckles, 2012",
        "Owen, Art B. and Eckles, Dean",
        "Bootstrapping data arrays of arbitrary order",
        journal="Annals of Applied Statistics",
        volume="6",
    ),
    "pedregosa2011": _work(
        "article",
        "Pedregosa et al., 2011",
        "Pedregosa, Fabian and others",
        "Scikit-learn: Machine learning in Python",
        journal="Journal of Machine Learning Research",
        volume="12",
    ),
    "platt1999": _work(
        "incollection",
        "Platt, 1999",
        "Platt, John C.",
        "Probabilistic outputs for support vector machines and comparisons to regularized likelihood methods",
        booktitle="Advances in Large Margin Classifiers",
        publisher="MIT Press",
    ),
    "reimers2019": _work(
        "inproceedings",
        "Reimers and Gurevych, 2019",
        "Reimers, Nils and Gurevych, Iryna",
        "Sentence-BERT: Sentence embeddings using Siamese BERT-networks",
        booktitle="Proceedings of EMNLP-IJCNLP",
        eprint="1908.10084",
        archiveprefix="arXiv",
    ),
    "riedel2017": _preprint(
        "Riedel et al., 2017",
        "Riedel, Benjamin and Augenstein, Isabelle and Spithourakis, Georgios P. and Riedel, Sebastian",
        "A simple but tough-to-beat baseline for the Fake News Challenge stance detection task",
        "1707.03264",
    ),
    "rubin1981": _work(
        "article",
        "Rubin, 1981",
        "Rubin, Donald B.",
        "The Bayesian bootstrap",
        journal="Annals of Statistics",
        volume="9",
    ),
    "sadinle2019": _work(
        "article",
        "Sadinle et al., 2019",
        "Sadinle, Mauricio and Lei, Jing and Wasserman, Larry",
        "Least ambiguous set-valued classifiers with bounded error levels",
        journal="Journal of the American Statistical Association",
        volume="114",
    ),
    "satterthwaite1946": _work(
        "article",
        "Satterthwaite, 1946",
        "Satterthwaite, F. E.",
        "An approximate distribution of estimates of variance components",
        journal="Biometrics Bulletin",
        volume="2",
    ),
    "wang2020": _work(
        "inproceedings",
        "Wang et al., 2020",
        "Wang, Wenhui and Wei, Furu and Dong, Li and Bao, Hangbo and Yang, Nan and Zhou, Ming",
        "MiniLM: Deep self-attention distillation for task-agnostic compression of pre-trained transformers",
        booktitle="Advances in Neural Information Processing Systems",
        volume="33",
        eprint="2002.10957",
        archiveprefix="arXiv",
    ),
    "wiens2003": _work(
        "article",
        "Wiens, 2003",
        "Wiens, Brian L.",
        "A fixed sequence Bonferroni procedure for testing multiple endpoints",
        journal="Pharmaceutical Statistics",
        volume="2",
    ),
    "wilson1927": _work(
        "article",
        "Wilson, 1927",
        "Wilson, Edwin B.",
        "Probable inference, the law of succession, and statistical inference",
        journal="Journal of the American Statistical Association",
        volume="22",
    ),
    "wolf2020": _work(
        "inproceedings",
        "Wolf et al., 2020",
        "Wolf, Thomas and others",
        "Transformers: State-of-the-art natural language processing",
        booktitle="Proceedings of EMNLP: System Demonstrations",
    ),
    "wolpert1992": _work(
        "article",
        "Wolpert, 1992",
        "Wolpert, David H.",
        "Stacked generalization",
        journal="Neural Networks",
        volume="5",
    ),
    "yeh2000": _work(
        "inproceedings",
        "Yeh, 2000",
        "Yeh, Alexander",
        "More accurate tests for the statistical significance of result differences",
        booktitle="Proceedings of COLING",
    ),
}


def package_reference(version: str) -> Reference:
    """The package itself, in the version that made a run."""
    return Reference(
        "misc",
        f"{DISTRIBUTION} {version}",
        {
            "author": f"{{{AUTHORS}}}",
            "title": f"{DISTRIBUTION}: classifiers of news articles for genre and stance",
            "note": f"Python package, version {version}, licence {LICENCE}",
        },
    )


def cited(sentences: Iterable[str]) -> list[str]:
    """The keys that some sentences cite, each once, by name.

    Example:
        >>> cited(["Drawn again [@rubin1981].", "Widened [@kish1965] [@rubin1981]."])
        ['kish1965', 'rubin1981']
    """
    found = {key for sentence in sentences for key in CITED.findall(sentence)}
    return sorted(found & {*REFERENCES, PACKAGE})


def bibtex(keys: Iterable[str], version: str) -> str:
    """The works as a BibTeX file: this package first.

    Args:
        keys: of `REFERENCES`.
        version: of this package, that made the run.
    """
    works = {PACKAGE: package_reference(version), **{key: REFERENCES[key] for key in keys if key != PACKAGE}}
    return "\n".join(_entry(key, work) for key, work in works.items())


def _entry(key: str, work: Reference) -> str:
    fields = "".join(f"  {name} = {{{_value(name, value)}}},\n" for name, value in work.fields.items())
    return f"@{work.kind}{{{key},\n{fields}}}\n"


def _value(name: str, value: str) -> str:
    """A field's value; capitals of a title stay, since styles write titles in small letters."""
    text = value.replace("&", "\\&")
    if name != "title":
        return text
    return re.sub(r"(?<![{\w])(\w*[A-Z][\w-]*)", r"{\1}", text)
