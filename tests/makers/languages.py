"""Sentences of one meaning in several languages, of which a guess can be sure."""

from classifier.articles.article import Article

SENTENCES = {
    "en": "The council voted today to close the old bridge over the river, and nobody spoke against the decision.",
    "de": "Der Stadtrat hat heute beschlossen, die alte Brücke über den Fluss zu sperren, und niemand war dagegen.",
    "fr": "Le conseil municipal a décidé mardi de fermer le vieux pont sur la rivière, et personne ne s'y est opposé.",
    "it": "Martedì il consiglio comunale ha deciso di chiudere il vecchio ponte sul fiume, e nessuno si è opposto.",
    "es": "El ayuntamiento decidió el martes cerrar el viejo puente sobre el río, y nadie se opuso a la decisión.",
    "pl": "Rada miasta zdecydowała we wtorek o zamknięciu starego mostu na rzece i nikt się temu nie sprzeciwił.",
    "ru": "Во вторник городской совет решил закрыть старый мост через реку, и никто не был против этого.",
    "ar": "قرر مجلس المدينة يوم الثلاثاء إغلاق الجسر القديم فوق النهر، ولم يعترض أحد على هذا القرار.",
    "zh": "市议会星期二决定关闭河上的旧桥，没有人反对这一决定。市长说，维修工作需要比大多数人预期的更长的时间。",
}


def articles_in(*languages: str, each: int = 12, start: int = 0) -> list[Article]:
    """So many articles in each language, with labels and places."""
    return [
        Article(
            f"{language}{i}",
            f"{SENTENCES[language]} {start + i} {SENTENCES[language]}",
            ("opinion" if i % 2 else "reporting",),
            where=f"a.csv:{language}{i}",
        )
        for language in languages
        for i in range(each)
    ]
