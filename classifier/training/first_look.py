"""A look at the articles through the frozen encoder, before it is decided whether the encoder is trained."""

from __future__ import annotations

from collections.abc import Mapping

from classifier.config import Layers
from classifier.dataset.folder import DatasetFolder
from classifier.models.device import choose_device, use_bf16
from classifier.models.layers import LayerVectors, losses_of_layers
from classifier.models.transformer.encoder_config import read_encoder_config
from classifier.models.transformer.tokenizer import load_tokenizer
from classifier.models.weights import find_weights
from classifier.progress import Progress
from classifier.training.auto import ChosenConfig, text_encoder
from classifier.training.folds import held_out_of


def look_at_layers(config: ChosenConfig, dataset: DatasetFolder, progress: Progress) -> Mapping[Layers, float]:
    """How well heads on the last layer and on all score training articles that they did not learn from.

    The vectors are kept for the training that follows.

    Args:
        config: settings of a head alone.
        dataset: single texts, few enough for a head to read all of them.
        progress: told of the articles that are read.

    Returns:
        As `classifier.models.layers.losses_of_layers`; empty where nothing can be held out, or the encoder's layers are
        not known.
    """
    from classifier.models.transformer.network import create_model, place  # load torch
    from classifier.models.transformer.packed_encoder import gives_all_layers
    from classifier.training.head import kept_vectors, which_encoder

    weights = find_weights(config.model.name)
    articles = list(dataset.articles("train"))
    held_out = held_out_of(articles, dataset, balanced=config.train.balanced)
    if held_out is None or not gives_all_layers(read_encoder_config(weights)):
        return {}
    info = dataset.info
    encoder = text_encoder(config, info.pair, load_tokenizer(weights))
    network = create_model(weights, info.labels, multi_label=info.multi_label, pooling="mean", layers="all").eval()
    device = choose_device(config.train.device)
    bf16 = use_bf16(config.train.bf16, device)
    place(network, device, bf16=bf16)
    with progress.task("looking at the layers of the encoder", len(articles)) as task:
        which = which_encoder(weights, device, bf16=bf16)
        vectors = kept_vectors(network, encoder.encode(articles), encoder, which, task)
    y = info.label_set.encode(article.labels for article in articles)
    return losses_of_layers(LayerVectors(vectors, network.width), y, held_out)
